import type { Payload, Wire } from "../../src/session/wire.ts";

/** A socket that takes messages when a test says so, whole ones, oldest first, as a real one does. */
export class SlowWire implements Wire {
  readonly sent: Payload[] = [];
  /** Whether `send` throws from now on. */
  isBroken = false;
  #taken = 0;
  #unsentBytes = 0;

  get bufferedAmount(): number {
    return this.#unsentBytes;
  }

  /** Messages that have not been taken. */
  get unsent(): readonly Payload[] {
    return this.sent.slice(this.#taken);
  }

  send(data: Payload): void {
    if (this.isBroken) throw new Error("The socket is broken");
    this.sent.push(data);
    this.#unsentBytes += wireBytes(data);
  }

  /** Takes so many messages, or all that are there. */
  take(messages = Infinity): void {
    const end = Math.min(this.sent.length, this.#taken + messages);
    while (this.#taken < end) this.#unsentBytes -= wireBytes(this.sent[this.#taken++]!);
  }
}

/** Bytes of a message as a wire counts them. */
export function wireBytes(message: Payload): number {
  return typeof message === "string" ? new TextEncoder().encode(message).length : message.length;
}
