import { INSERT, NONE, RECOLOR, REMOVE, type StoreEdits } from "./store_edits.ts";

/** What one voxel takes: key and colour of four bytes, material of one. */
export const VOXEL_BYTES = 9;

const NO_WORDS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);
/** Unused places beyond a quarter of the used ones are given back, but never fewer than these. */
const MIN_SLACK = 8;
/** Runs shorter than this are moved by a loop, which then beats the call of the built-in. */
const SHORT_RUN = 24;

/**
 * The voxels of a region: arrays sorted by key, in one buffer, with room for a few more. A patch is merged in one
 * pass, in place if it fits. At most a quarter (and 8 places) of the memory is unused.
 */
export class RegionStore {
  #keys: Uint32Array = NO_WORDS;
  #colors: Uint32Array = NO_WORDS;
  #materials: Uint8Array = NO_BYTES;
  #count = 0;

  /** Voxels held. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the buffer. */
  get bytes(): number {
    return this.#keys.length * VOXEL_BYTES;
  }

  /** The first {@link count} entries are the voxels' keys, ascending. Not to be written, nor kept across a change. */
  get keys(): Uint32Array {
    return this.#keys;
  }

  /** Colours in the order of {@link keys}. */
  get colors(): Uint32Array {
    return this.#colors;
  }

  /** Materials in the order of {@link keys}. */
  get materials(): Uint8Array {
    return this.#materials;
  }

  /** What {@link bytes} will be with so many voxels. */
  bytesFor(count: number): number {
    return this.#capacityFor(count) * VOXEL_BYTES;
  }

  /** Carries out the planned edits [start, end), which leave `count` voxels. O(edits) and the moves between them. */
  commit(edits: StoreEdits, start: number, end: number, count: number): void {
    if (count === 0) return this.clear();
    const capacity = this.#capacityFor(count);
    if (capacity !== this.#keys.length) this.#rebuild(edits, start, end, capacity);
    else this.#editInPlace(edits, start, end);
    this.#count = count;
  }

  /** Removes all voxels and frees their memory. */
  clear(): void {
    this.#keys = this.#colors = NO_WORDS;
    this.#materials = NO_BYTES;
    this.#count = 0;
  }

  #capacityFor(count: number): number {
    const capacity = this.#keys.length;
    if (count === 0) return 0;
    const roomy = count + Math.max(MIN_SLACK, count >>> 2);
    if (count <= capacity && capacity <= roomy) return capacity;
    // The first content is often all there will be, so it gets no slack; a store that grows or shrinks gets half.
    return this.#count === 0 ? count : count + Math.max(MIN_SLACK >>> 1, count >>> 3);
  }

  #allocate(capacity: number): void {
    const buffer = new ArrayBuffer(capacity * VOXEL_BYTES);
    this.#keys = new Uint32Array(buffer, 0, capacity);
    this.#colors = new Uint32Array(buffer, 4 * capacity, capacity);
    this.#materials = new Uint8Array(buffer, 8 * capacity, capacity);
  }

  #rebuild(edits: StoreEdits, start: number, end: number, capacity: number): void {
    const keys = this.#keys;
    const colors = this.#colors;
    const materials = this.#materials;
    this.#allocate(capacity);
    let read = 0;
    let write = 0;
    for (let i = start; i < end; i++) {
      const action = edits.actions[i]!;
      if (action === NONE) continue;
      const at = edits.places[i]!;
      this.#copy(keys, colors, materials, read, at, write);
      write += at - read;
      read = action === INSERT ? at : at + 1;
      if (action !== REMOVE) this.#write(write++, edits, i);
    }
    this.#copy(keys, colors, materials, read, this.#count, write);
  }

  #editInPlace(edits: StoreEdits, start: number, end: number): void {
    const { actions, places } = edits;
    let removed = 0;
    let inserts = 0;
    let read = 0;
    for (let i = start; i < end; i++) {
      const action = actions[i]!;
      if (action === NONE) continue;
      const at = places[i]!;
      if (action === RECOLOR) this.#write(at, edits, i);
      else if (action === INSERT) inserts++;
      else {
        this.#move(read, at, read - removed);
        read = at + 1;
        removed++;
      }
      // What is inserted below goes by where the removals leave it.
      places[i] = at - removed;
    }
    if (removed > 0) this.#move(read, this.#count, read - removed);
    let tail = this.#count - removed;
    for (let i = end - 1; inserts > 0; i--) {
      if (actions[i] !== INSERT) continue;
      const at = places[i]!;
      this.#move(at, tail, at + inserts);
      tail = at;
      this.#write(at + --inserts, edits, i);
    }
  }

  #write(at: number, edits: StoreEdits, i: number): void {
    const source = edits.sources[i]!;
    this.#keys[at] = edits.keys[i]!;
    this.#colors[at] = edits.colors[source]!;
    this.#materials[at] = edits.materials === undefined ? 0 : edits.materials[source]!;
  }

  #copy(
    keys: Uint32Array,
    colors: Uint32Array,
    materials: Uint8Array,
    from: number,
    to: number,
    at: number,
  ): void {
    if (to - from > SHORT_RUN) {
      this.#keys.set(keys.subarray(from, to), at);
      this.#colors.set(colors.subarray(from, to), at);
      this.#materials.set(materials.subarray(from, to), at);
      return;
    }
    for (let i = 0; i < to - from; i++) {
      this.#keys[at + i] = keys[from + i]!;
      this.#colors[at + i] = colors[from + i]!;
      this.#materials[at + i] = materials[from + i]!;
    }
  }

  #move(from: number, to: number, at: number): void {
    if (from === at || from >= to) return;
    this.#keys.copyWithin(at, from, to);
    this.#colors.copyWithin(at, from, to);
    this.#materials.copyWithin(at, from, to);
  }
}
