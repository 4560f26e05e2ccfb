/** Levels of detail are 0 to 8. */
const LODS = 9;

/**
 * Bytes that a region's frames and their like take at each level of detail, and those that they took before they were
 * dropped: what is known of once is not forgotten, so that nobody takes a region for smaller than it is because it has
 * been trimmed or built anew.
 */
export class DetailLedger {
  /** Bytes held now by LOD, then bytes remembered by LOD. */
  readonly #bytes: number[] = new Array(2 * LODS).fill(0);

  /** Adds what is held at a LOD from now on; returns by how much that exceeds what was known of. */
  add(lod: number, bytes: number): number {
    const before = this.#known(lod);
    this.#bytes[lod] = this.#bytes[lod]! + bytes;
    return this.#known(lod) - before;
  }

  /** Bytes held now at a LOD and coarser. */
  held(lod: number = 0): number {
    let sum = 0;
    for (let at = lod; at < LODS; at++) sum += this.#bytes[at]!;
    return sum;
  }

  /** Bytes at a LOD and coarser, those included that were dropped. */
  demand(lod: number): number {
    let sum = 0;
    for (let at = lod; at < LODS; at++) sum += this.#known(at);
    return sum;
  }

  /** What is finer than a LOD is dropped, and remembered. */
  drop(lod: number): void {
    for (let at = 0; at < lod; at++) {
      this.#bytes[LODS + at] = this.#known(at);
      this.#bytes[at] = 0;
    }
  }

  /**
   * Remembers of another version's ledger what this one is expected to come to.
   *
   * @param finestLod LOD finer than which the other version had dropped its frames
   * @param ratio how large this version is compared with the other; 1 at most is used
   */
  expect(previous: DetailLedger, finestLod: number, ratio: number): void {
    for (let lod = 0; lod < LODS; lod++) {
      // What it did not need to drop, it would still have if somebody wanted it.
      const bytes = lod < finestLod ? previous.#known(lod) : previous.#bytes[lod]!;
      this.#bytes[LODS + lod] = Math.ceil(bytes * Math.min(1, ratio));
    }
  }

  #known(lod: number): number {
    return Math.max(this.#bytes[lod]!, this.#bytes[LODS + lod]!);
  }
}
