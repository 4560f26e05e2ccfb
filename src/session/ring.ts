/** Smallest array that is made, and the largest that an empty ring keeps. */
const MIN_SLOTS = 16;

/**
 * A queue in a ring of slots: push and shift are O(1) amortised, an unused ring owns no array, and one that has run
 * empty gives a large array back.
 */
export class Ring<T> {
  #slots: (T | undefined)[] | undefined;
  #head = 0;
  #length = 0;

  /** Items that wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    let slots = this.#slots;
    if (slots === undefined || this.#length === slots.length) slots = this.#grow();
    slots[(this.#head + this.#length++) & (slots.length - 1)] = item;
  }

  /** Takes the oldest item; undefined if there is none. */
  shift(): T | undefined {
    const slots = this.#slots;
    if (slots === undefined || this.#length === 0) return undefined;
    const item = slots[this.#head];
    slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (slots.length - 1);
    if (--this.#length === 0) this.clear();
    return item;
  }

  /** The oldest item, which stays; undefined if there is none. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots![this.#head];
  }

  /** The newest item, which stays; undefined if there is none. */
  last(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots![this.#index(this.#length - 1)];
  }

  /** Puts another item in the place of the newest one, which there must be. */
  replaceLast(item: T): void {
    if (this.#length === 0) throw new RangeError("An empty ring has no newest item");
    this.#slots![this.#index(this.#length - 1)] = item;
  }

  /** Keeps the items 0, n, 2n ... counted from the oldest, and hands each of the others to `dropped`. O(length). */
  keepEvery(n: number, dropped: (item: T) => void): void {
    const slots = this.#slots;
    if (slots === undefined) return;
    let kept = 0;
    for (let i = 0; i < this.#length; i++) {
      const from = this.#index(i);
      const item = slots[from]!;
      slots[from] = undefined;
      if (i % n === 0) slots[this.#index(kept++)] = item;
      else dropped(item);
    }
    this.#length = kept;
  }

  /** Drops everything, and the array if it is a large one. */
  clear(): void {
    if (this.#slots !== undefined && (this.#slots.length > MIN_SLOTS || this.#length > 0)) {
      this.#slots = undefined;
    }
    this.#head = 0;
    this.#length = 0;
  }

  #index(i: number): number {
    return (this.#head + i) & (this.#slots!.length - 1);
  }

  /** A ring of twice the slots with the items in order from slot 0. */
  #grow(): (T | undefined)[] {
    const old = this.#slots;
    const slots = new Array<T | undefined>(old === undefined ? MIN_SLOTS : old.length * 2);
    for (let i = 0; i < this.#length; i++) slots[i] = old![(this.#head + i) & (old!.length - 1)];
    this.#slots = slots;
    this.#head = 0;
    return slots;
  }
}
