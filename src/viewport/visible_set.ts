/**
 * The regions that a camera sees, first to be sent first, each with its level of detail. Made to be used again
 * for the same client: it grows when it must and never shrinks. Entries from `count` on are left-overs.
 */
export class VisibleSet {
  /** How many regions are seen. */
  count = 0;
  /** How many more are seen, which there was to be no room for. */
  leftOut = 0;
  #keys = new Uint32Array(0);
  #lods = new Uint8Array(0);

  /** Morton codes of the regions; replaced by a larger array when the set grows. */
  get keys(): Uint32Array {
    return this.#keys;
  }

  /** The level of detail of each. */
  get lods(): Uint8Array {
    return this.#lods;
  }

  /** Empties the set and makes room for so many regions. */
  reset(capacity: number): void {
    this.count = 0;
    this.leftOut = 0;
    if (capacity <= this.#keys.length) return;
    const room = Math.max(64, 2 ** Math.ceil(Math.log2(capacity)));
    this.#keys = new Uint32Array(room);
    this.#lods = new Uint8Array(room);
  }
}
