import { TREE_LAYOUT_WORDS } from "../../../../../src/build/gpu/grid_words.ts";

/** Twin of `TreeLayout` of `shaders/shared/layout.wgsl`: where the nodes of one region go. Sums may wrap. */
export class TreeLayout {
  readonly #words: Uint32Array;
  readonly #at: number;

  constructor(layouts: Uint32Array, region: number) {
    this.#words = layouts;
    this.#at = TREE_LAYOUT_WORDS * region;
  }

  start(height: number): number {
    return this.#words[this.#at + height]!;
  }

  setStart(height: number, value: number): void {
    this.#words[this.#at + height] = value;
  }

  get directoryBase(): number {
    return this.#words[this.#at + 9]!;
  }

  set directoryBase(value: number) {
    this.#words[this.#at + 9] = value;
  }

  get maskDelta(): number {
    return this.#words[this.#at + 10]!;
  }

  set maskDelta(value: number) {
    this.#words[this.#at + 10] = value;
  }

  /** One past the region's last leaf; only the path that sorts has it, the other writes zero. */
  get endLeaf(): number {
    return this.#words[this.#at + 11]!;
  }

  set endLeaf(value: number) {
    this.#words[this.#at + 11] = value;
  }
}
