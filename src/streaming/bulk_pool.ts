/** How the pool is used, for metrics and for tests that look for leaks. */
export interface PoolStats {
  /** Buffers lent and not given back: 0 whenever nothing is being sent. */
  readonly lent: number;
  readonly free: number;
  /** Buffers made since the start; without growth of this number none is lost. */
  readonly made: number;
}

/** Free buffers that are kept; the others are left to the garbage collector. */
const MAX_FREE = 16;

/**
 * Buffers of one size in which bulk messages are put together. The runtime copies a message when it is sent, so a buffer
 * comes back in the same turn, and few serve all clients.
 */
export class BulkPool {
  readonly #bytes: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #lent = new Set<Uint8Array<ArrayBuffer>>();
  #made = 0;

  /** @param bytes size of every buffer */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Lends a buffer, with whatever it held before in it. */
  lend(): Uint8Array<ArrayBuffer> {
    const buffer = this.#free.pop() ?? this.#make();
    this.#lent.add(buffer);
    return buffer;
  }

  /** Takes a buffer back. @throws {RangeError} if it is not lent: two users of one buffer would spoil each other's bytes */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (!this.#lent.delete(buffer)) throw new RangeError("Cannot take back a buffer that is not lent");
    if (this.#free.length < MAX_FREE) this.#free.push(buffer);
  }

  stats(): PoolStats {
    return { lent: this.#lent.size, free: this.#free.length, made: this.#made };
  }

  #make(): Uint8Array<ArrayBuffer> {
    this.#made++;
    return new Uint8Array(this.#bytes);
  }
}
