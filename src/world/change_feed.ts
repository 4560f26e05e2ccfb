import type { WorldChange } from "./op.ts";

type Listener = (change: WorldChange) => void;

/** Tells listeners of changes, each change to all of them before the next one. */
export class ChangeFeed {
  readonly #listeners = new Set<Listener>();
  readonly #onError: (error: unknown) => void;
  readonly #waiting: WorldChange[] = [];
  #publishing = false;

  /** @param onError told what a listener threw; by default it is thrown again outside of the caller's work */
  constructor(onError: (error: unknown) => void = throwLater) {
    this.#onError = onError;
  }

  subscribe(listener: Listener): () => void {
    // A wrapper of its own, so that a function subscribed twice is called twice and ends one by one.
    const entry: Listener = (change) => listener(change);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  publish(change: WorldChange): void {
    this.#waiting.push(change);
    if (this.#publishing) return;
    this.#publishing = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const listener of [...this.#listeners]) this.#tell(listener, next);
    }
    this.#publishing = false;
  }

  clear(): void {
    this.#listeners.clear();
    this.#waiting.length = 0;
  }

  #tell(listener: Listener, change: WorldChange): void {
    if (!this.#listeners.has(listener)) return;
    try {
      listener(change);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
