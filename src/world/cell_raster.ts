const MAX_CELLS_LOG2 = 24;

/**
 * A region's cells as a dense canvas: each painted cell keeps the last value painted, and {@link drain} gives the
 * painted cells in key order. Sorting, and "the last wins", thus cost one write and one read a cell. Two levels of
 * bits say which cells are painted, so draining skips what is not, and values need no clearing.
 */
export class CellRaster {
  readonly #values: Uint32Array;
  /** A bit a cell. */
  readonly #painted: Uint32Array;
  /** A bit a word of `#painted` that is not zero. */
  readonly #words: Uint32Array;
  #count = 0;

  /** @param depth the grid depth, 3..8: 8^depth cells; takes 4.2 bytes a cell */
  constructor(depth: number) {
    const bits = 3 * depth;
    if (!(bits >= 9 && bits <= MAX_CELLS_LOG2)) {
      throw new RangeError(`Raster depth must be 3..8, not ${depth}`);
    }
    const cells = 2 ** bits;
    this.#values = new Uint32Array(cells);
    this.#painted = new Uint32Array(cells / 32);
    this.#words = new Uint32Array(Math.ceil(cells / 1024));
  }

  /** Cells painted since the last drain. */
  get count(): number {
    return this.#count;
  }

  /** Paints one cell over whatever was there. */
  paint(key: number, value: number): void {
    const word = key >>> 5;
    const bit = 1 << (key & 31);
    const before = this.#painted[word]!;
    if ((before & bit) === 0) {
      this.#painted[word] = before | bit;
      this.#words[word >>> 5]! |= 1 << (word & 31);
      this.#count++;
    }
    this.#values[key] = value;
  }

  /**
   * Writes the painted cells, ascending, from `keys[keysAt]` on, their values from `values[valuesAt]` on, and clears
   * the canvas.
   * @returns how many there were
   */
  drain(keys: Uint32Array, keysAt: number, values: Uint32Array, valuesAt: number): number {
    const canvas = this.#values;
    const painted = this.#painted;
    const words = this.#words;
    let next = 0;
    for (let i = 0; i < words.length; i++) {
      for (let left = words[i]!; left !== 0; left &= left - 1) {
        const word = (i << 5) | (31 - Math.clz32(left & -left));
        for (let cells = painted[word]!; cells !== 0; cells &= cells - 1) {
          const key = (word << 5) | (31 - Math.clz32(cells & -cells));
          keys[keysAt + next] = key;
          values[valuesAt + next++] = canvas[key]!;
        }
        painted[word] = 0;
      }
      words[i] = 0;
    }
    this.#count = 0;
    return next;
  }
}
