/** Time between two looks for room in a full cache. */
const ROOM_SEARCH_MS = 1000;
/** The part of the whole that one owner may fill, so that no client keeps the others out. */
const OWNER_SHARE = 0.1;

interface Used {
  readonly owner: string;
  readonly untilMs: number;
}

/**
 * Remembers what was used until it could not be used again anyway. Nothing goes before that: a full cache takes nothing
 * new, as whatever made room could be replayed. Only what was proved genuine belongs in it, so that strangers cannot
 * fill it. Times are wall-clock times, as those that are signed.
 */
export class ReplayCache {
  readonly #maxEntries: number;
  readonly #used = new Map<string, Used>();
  readonly #countOf = new Map<string, number>();
  /** What ended up to here may have been forgotten: taken for seen, also if the machine's clock is set back. */
  #forgottenMs = -Infinity;
  #searchedMs = -Infinity;

  constructor(options: { readonly maxEntries: number }) {
    this.#maxEntries = options.maxEntries;
  }

  /**
   * Remembers that `owner` used `key`, which is of no use after `untilMs`.
   * @returns `seen` if it was there already, `full` if it cannot be remembered now, else `new`
   */
  remember(owner: string, key: string, untilMs: number, nowMs: number): "new" | "seen" | "full" {
    const id = JSON.stringify([owner, key]);
    if (this.#used.has(id) || untilMs <= this.#forgottenMs) return "seen";
    if (this.#isFull(owner) && Math.abs(nowMs - this.#searchedMs) >= ROOM_SEARCH_MS) {
      this.#searchedMs = nowMs;
      this.sweep(nowMs);
    }
    if (this.#isFull(owner)) return "full";
    this.#used.set(id, { owner, untilMs });
    this.#countOf.set(owner, (this.#countOf.get(owner) ?? 0) + 1);
    return "new";
  }

  /** Forgets what is of no use any more. */
  sweep(nowMs: number): void {
    for (const [id, { owner, untilMs }] of this.#used) {
      if (untilMs >= nowMs) continue;
      this.#used.delete(id);
      const count = this.#countOf.get(owner)! - 1;
      if (count === 0) this.#countOf.delete(owner);
      else this.#countOf.set(owner, count);
      this.#forgottenMs = Math.max(this.#forgottenMs, untilMs);
    }
  }

  /** Entries that are remembered. */
  get size(): number {
    return this.#used.size;
  }

  #isFull(owner: string): boolean {
    const share = Math.ceil(this.#maxEntries * OWNER_SHARE);
    return this.#used.size >= this.#maxEntries || (this.#countOf.get(owner) ?? 0) >= share;
  }
}
