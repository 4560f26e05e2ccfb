import { TraceError } from "./trace_error.ts";

/** Lets one after another have its turn, in the order of asking; who gives up waiting is passed over. */
export class TurnQueue {
  readonly #maxWaiting: number;
  readonly #what: string;
  readonly #waiting = new Set<() => void>();
  #isTaken = false;

  /** @param what what waits, in the plural, for the error */
  constructor(maxWaiting: number, what: string) {
    this.#maxWaiting = maxWaiting;
    this.#what = what;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Does some work when its turn has come.
   *
   * @throws TraceError `busy` if too many wait already, or the signal's reason
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    if (this.#isTaken) await this.#wait(signal);
    this.#isTaken = true;
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#isTaken = false;
      const [next] = this.#waiting;
      if (next !== undefined) {
        this.#waiting.delete(next);
        // Nobody may come in between.
        this.#isTaken = true;
        next();
      }
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new TraceError("busy", `${this.#waiting.size} ${this.#what} are waiting already`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      if (this.#waiting.delete(resolve)) reject(signal?.reason);
    };
    this.#waiting.add(resolve);
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }
}
