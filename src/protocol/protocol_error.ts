/** Bytes that break the protocol: what was being read, where it broke, and why. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** Byte offset, in what was being read, of the field that is wrong. */
  readonly offset: number;

  constructor(what: string, offset: number, reason: string, options?: ErrorOptions) {
    super(`Cannot read ${what} at byte ${offset}: ${reason}`, options);
    this.offset = offset;
  }
}
