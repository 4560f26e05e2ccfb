import type { RegionKey } from "../space/mod.ts";

/**
 * Why a frame of a region is owed, the most urgent first: nothing of it was sent yet (`first`), it has changed (`update`), or
 * it is to become finer or coarser (`detail`).
 */
export const URGENCIES = ["first", "update", "detail"] as const;
export type Urgency = (typeof URGENCIES)[number];

/** After so many changed regions in a row one that waits for detail has its turn, so that a busy world gets sharp too. */
const UPDATES_A_DETAIL = 3;

/** Slots that an empty line keeps: clients that are owed a few regions again and again then cost no new memory. */
const KEPT_SLOTS = 16;

/** A queue that is emptied more often than shifted: what was taken is dropped in one piece. */
class Line {
  #keys: RegionKey[] = [];
  #next = 0;
  #end = 0;

  get isEmpty(): boolean {
    return this.#next === this.#end;
  }

  push(key: RegionKey): void {
    this.#keys[this.#end++] = key;
  }

  shift(): RegionKey | undefined {
    if (this.isEmpty) return undefined;
    const key = this.#keys[this.#next++]!;
    if (this.isEmpty) this.clear();
    return key;
  }

  /** What is in it, in order. */
  rest(): readonly RegionKey[] {
    return this.#keys.slice(this.#next, this.#end);
  }

  clear(): void {
    if (this.#keys.length > KEPT_SLOTS) this.#keys = [];
    this.#next = 0;
    this.#end = 0;
  }
}

/**
 * Regions of which one client is owed a frame, in the order of sending: the whole view coarse first, then what has changed,
 * then detail; within each in the order in which they were put in, which is the view's, its centre first. A region may
 * stand in several lines; whoever takes it out looks whether it is still owed.
 */
export class SendOrder {
  readonly #lines: Readonly<Record<Urgency, Line>> = {
    first: new Line(),
    update: new Line(),
    detail: new Line(),
  };
  #updatesInRow = 0;
  #length = 0;

  /** Whether no region stands in line. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Puts a region at the end of a line. */
  push(key: RegionKey, urgency: Urgency): void {
    this.#lines[urgency].push(key);
    this.#length++;
  }

  /** Takes the next region out. Amortised O(1). */
  shift(): RegionKey | undefined {
    const { first, update, detail } = this.#lines;
    if (this.#length === 0) return undefined;
    this.#length--;
    if (!first.isEmpty) return first.shift();
    if (update.isEmpty || (this.#updatesInRow >= UPDATES_A_DETAIL && !detail.isEmpty)) {
      this.#updatesInRow = 0;
      return detail.shift();
    }
    this.#updatesInRow++;
    return update.shift();
  }

  /** Regions in a line, in order; some may stand there twice. O(regions in the line). */
  rest(urgency: Urgency): readonly RegionKey[] {
    return this.#lines[urgency].rest();
  }

  /** Empties all lines. */
  clear(): void {
    this.#length = 0;
    for (const urgency of URGENCIES) this.#lines[urgency].clear();
  }
}
