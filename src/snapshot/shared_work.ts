/** A piece of work, and those who wait for it. */
interface Piece<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** Work that equal requests share while it goes on: it is done once, and given up when nobody waits for it any more. */
export class SharedWork<T> {
  readonly #pieces = new Map<string, Piece<T>>();

  /** Pieces in work. */
  get size(): number {
    return this.#pieces.size;
  }

  /** Whether a request for this would join one that came before. */
  has(key: string): boolean {
    return this.#pieces.has(key);
  }

  /**
   * The result of the work of this key, begun if nobody else has.
   *
   * @param signal the asker is gone when it aborts; the promise then rejects with its reason
   * @param work is given a signal that aborts when all askers are gone
   */
  async do(
    key: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const piece = this.#pieces.get(key) ?? this.#begin(key, work);
    piece.waiting++;
    const gone = Promise.withResolvers<never>();
    const onAbort = (): void => gone.reject(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([piece.result, gone.promise]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      if (--piece.waiting === 0) this.#end(key, piece);
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Piece<T> {
    const controller = new AbortController();
    const piece: Piece<T> = { result: work(controller.signal), controller, waiting: 0 };
    this.#pieces.set(key, piece);
    // Those who wait are told; when all have gone nobody listens any more.
    piece.result.catch(() => {});
    return piece;
  }

  /** Nobody waits: the next one who asks begins anew. */
  #end(key: string, piece: Piece<T>): void {
    if (this.#pieces.get(key) === piece) this.#pieces.delete(key);
    piece.controller.abort();
  }
}
