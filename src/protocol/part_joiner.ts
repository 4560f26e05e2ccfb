import { failPart, isPart, type Part, readPart } from "./part.ts";

/** How much a joiner takes. */
export interface PartJoinerOptions {
  /** Longest message that is joined. */
  readonly maxTotalBytes: number;
}

/**
 * Makes whole messages of a connection's binary messages, in the order in which they come. It takes no memory on a
 * message's word: what has come is kept as it came (as views, so the buffers must not be written again), and is copied
 * together once all is there.
 */
export class PartJoiner {
  readonly #maxTotalBytes: number;
  #first: Part | undefined;
  #chunks: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor({ maxTotalBytes }: PartJoinerOptions) {
    this.#maxTotalBytes = maxTotalBytes;
  }

  /** Bytes of the message that is not whole yet; 0 if none is. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Takes the next binary message.
   *
   * @returns the message that it completes, or itself if it is no part; undefined while parts are missing
   * @throws {ProtocolError} if it is not what was due, or too long; what was there of a message is forgotten then
   */
  push(message: Uint8Array): Uint8Array | undefined {
    try {
      if (isPart(message)) return this.#add(readPart(message));
      if (this.#first === undefined) return message;
      failPart(0, `part ${this.#chunks.length} of ${this.#first.parts} is due, another message came`);
    } catch (error) {
      this.reset();
      throw error;
    }
  }

  /** Forgets what is there of a message, as when the connection is another one. */
  reset(): void {
    this.#first = undefined;
    this.#chunks = [];
    this.#waitingBytes = 0;
  }

  #add(part: Part): Uint8Array | undefined {
    this.#check(part);
    this.#first ??= part;
    this.#chunks.push(part.bytes);
    this.#waitingBytes += part.bytes.length;
    const { totalBytes } = part;
    if (this.#waitingBytes > totalBytes) {
      failPart(12, `the message has ${totalBytes} bytes, its parts ${this.#waitingBytes}`);
    }
    if (this.#chunks.length < part.parts) return undefined;
    if (this.#waitingBytes < totalBytes) {
      failPart(12, `the message has ${totalBytes} bytes, its parts ${this.#waitingBytes}`);
    }
    const whole = joined(this.#chunks, totalBytes);
    this.reset();
    return whole;
  }

  #check({ messageId, part, parts, totalBytes }: Part): void {
    const first = this.#first;
    if (part !== this.#chunks.length) failPart(8, `part ${this.#chunks.length} is due, part ${part} came`);
    if (totalBytes > this.#maxTotalBytes) {
      failPart(12, `the message has ${totalBytes} bytes, ${this.#maxTotalBytes} are taken`);
    }
    if (first === undefined) return;
    if (messageId !== first.messageId) failPart(4, `message ${first.messageId} is due, ${messageId} came`);
    if (parts !== first.parts) failPart(10, `the message has ${first.parts} parts, not ${parts}`);
    if (totalBytes !== first.totalBytes) {
      failPart(12, `the message has ${first.totalBytes} bytes, not ${totalBytes}`);
    }
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
