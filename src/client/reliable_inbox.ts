/** How many ids of reliable messages are remembered: more than the server has under way at a time. */
const REMEMBERED = 4096;

/**
 * Tells reliable messages from their repetitions: the server sends one again until it has the ACK, which may
 * be lost or late. The oldest ids are forgotten, so that it never grows.
 */
export class ReliableInbox {
  readonly #seen = new Set<string>();

  /** True for the first message of this id. */
  accept(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value!);
    return true;
  }

  /** Forgets all, as when another session begins: its ids have nothing to do with those before. */
  reset(): void {
    this.#seen.clear();
  }
}
