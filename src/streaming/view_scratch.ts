/** Marks of {@linkcode ViewScratch.kept}: the region stays in view; it was still to be put in line; and to be pinned too. */
export const KEPT = 1;
export const UNLINED = 2;
export const UNPINNED = 3;

/**
 * Working memory for the change from one view's table to the next: the slots that a region has in both, so that each is
 * looked up once. Views are computed one at a time, and all share this.
 */
export class ViewScratch {
  /** By place in the view: slot in the old table, or -1. */
  before = new Int32Array(0);
  /** By place in the view: slot in the new table. */
  after = new Int32Array(0);
  /** By slot of the old table: a mark, or 0. */
  kept = new Uint8Array(0);
  /** Regions that are to be put in line. */
  due = new Uint32Array(0);

  /** Makes room for a view of so many regions after a table of so many slots, and marks nothing. O(both). */
  reset(regions: number, oldSlots: number): void {
    if (this.before.length < regions) {
      const room = 2 ** Math.ceil(Math.log2(regions));
      this.before = new Int32Array(room);
      this.after = new Int32Array(room);
      this.due = new Uint32Array(room);
    }
    if (this.kept.length < oldSlots) this.kept = new Uint8Array(2 ** Math.ceil(Math.log2(oldSlots)));
    else this.kept.fill(0, 0, oldSlots);
  }
}
