import { MAX_LEVEL } from "../space/mod.ts";

/**
 * The octree over a world's occupied regions: at every level above the regions one byte a node, whose bit i says
 * that something is in child i. Dense and in Morton order, so nothing is ever allocated or moved; 1 byte at level
 * 1, 585 bytes at level 4, 300 KB at level 7.
 */
export class RegionPyramid {
  /** The region level, 0..7. */
  readonly level: number;
  readonly #masks: Uint8Array;
  #count = 0;

  /** @throws {RangeError} if the level is not a whole number 0..7 */
  constructor(level: number) {
    if (!Number.isInteger(level) || level < 0 || level > MAX_LEVEL) {
      throw new RangeError(`Region level must be a whole number from 0 to ${MAX_LEVEL}, not ${level}`);
    }
    this.level = level;
    this.#masks = new Uint8Array(pyramidOffset(level));
  }

  /** How many regions are in it. */
  get count(): number {
    return this.#count;
  }

  /**
   * The child masks of all nodes, level after level from the root; level l starts at `pyramidOffset(l)`, in Morton
   * order. For walks; not to be written to.
   */
  get masks(): Uint8Array {
    return this.#masks;
  }

  /** Puts a region in, by Morton code; false if it was in. At most `level` steps. */
  add(morton: number): boolean {
    this.#check(morton);
    if (this.has(morton)) return false;
    this.#count++;
    let node = morton;
    for (let level = this.level - 1; level >= 0; level--) {
      const at = pyramidOffset(level) + (node >>> 3);
      const before = this.#masks[at]!;
      this.#masks[at] = before | (1 << (node & 7));
      if (before !== 0) break;
      node >>>= 3;
    }
    return true;
  }

  /** Takes a region out, by Morton code; false if it was not in. At most `level` steps. */
  remove(morton: number): boolean {
    this.#check(morton);
    if (!this.has(morton)) return false;
    this.#count--;
    let node = morton;
    for (let level = this.level - 1; level >= 0; level--) {
      const at = pyramidOffset(level) + (node >>> 3);
      const after = this.#masks[at]! & ~(1 << (node & 7));
      this.#masks[at] = after;
      if (after !== 0) break;
      node >>>= 3;
    }
    return true;
  }

  /** Whether a region is in, by Morton code; codes that no region has are not. */
  has(morton: number): boolean {
    if (this.level === 0) return morton === 0 && this.#count === 1;
    const mask = this.#masks[pyramidOffset(this.level - 1) + (morton >>> 3)] ?? 0;
    return (morton >>> 0) === morton && (mask & (1 << (morton & 7))) !== 0;
  }

  /** The first region from a Morton code on, in their order, or -1 if there is none. At most 2 * `level` steps. */
  firstFrom(morton: number): number {
    if (this.level === 0) return morton === 0 && this.#count === 1 ? 0 : -1;
    const masks = this.#masks;
    let code = morton;
    for (let level = this.level; level > 0 && code < 2 ** (3 * level); level--) {
      const node = code >>> 3;
      const rest = masks[pyramidOffset(level - 1) + node]! & (0xff << (code & 7));
      if (rest === 0) {
        // Nothing more below this node: on with the next one of its level.
        code = node + 1;
        continue;
      }
      code = 8 * node + firstBit(rest);
      for (let below = level; below < this.level; below++) {
        code = 8 * code + firstBit(masks[pyramidOffset(below) + code]!);
      }
      return code;
    }
    return -1;
  }

  /** Takes all regions out. */
  clear(): void {
    this.#masks.fill(0);
    this.#count = 0;
  }

  #check(morton: number): void {
    if ((morton >>> 0) !== morton || morton >= 2 ** (3 * this.level)) {
      throw new RangeError(`There is no region ${this.level}/${morton}`);
    }
  }
}

/** The number of nodes above a level, (8^level - 1) / 7: where its masks start in a pyramid. */
export function pyramidOffset(level: number): number {
  return ((1 << (3 * level)) - 1) / 7;
}

/** Number of the lowest bit that is set. */
function firstBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
