/**
 * Calls listeners by the name of what happened. What a listener throws is an error of the program, not of the
 * connection.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** Adds a listener; the function that comes back removes it. */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Whether anybody listens. */
  hears(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Calls all listeners of that name, in the order in which they were added. */
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const listener of [...this.#listeners.get(name) ?? []] as ((value: Events[Name]) => void)[]) {
      try {
        listener(value);
      } catch (error) {
        // Thrown on its own, where the platform reports it, so that the messages behind this one are still
        // heard.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
