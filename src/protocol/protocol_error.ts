/** Bytes that break the protocol: what was being read, where it broke, and why. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
  /** Byte offset, in what was being read, of the field that is wrong. */
  readonly offset: number;

  constructor(what: string, offset: number, reason: string, options?: ErrorOptions) {
    super(`Cannot read ${what} at byte ${offset}: ${reason}`, options);
    this.offset = offset;
  }
}

/** Refuses a frame for what is at `offset` of it. @throws {ProtocolError} always */
export function failFrame(offset: number, reason: string): never {
  throw new ProtocolError("frame", offset, reason);
}
