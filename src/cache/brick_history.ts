import { unionBricks } from "../tree/mod.ts";

/** Changes of so many versions are remembered. */
const MAX_STEPS = 8;
/** Bytes of an entry besides its bricks. */
const STEP_BYTES = 64;

interface Step {
  /** Version that the change began with; it led to the next step's version, or to the present one. */
  readonly from: number;
  /** Keys of the bricks that changed, ascending. */
  readonly bricks: Uint32Array;
}

/** Which bricks of a region have changed in each of its last 8 built versions. Immutable, shared by versions. */
export class BrickHistory {
  readonly #steps: readonly Step[];

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /**
   * The history of a version that differs in `bricks` from the version `from`.
   *
   * @param before history of that version, if it has one
   * @param bricks ascending, as `changedBricks` gives them
   */
  static after(before: BrickHistory | undefined, from: number, bricks: Uint32Array): BrickHistory {
    const steps = [...(before === undefined ? [] : before.#steps), { from, bricks }];
    return new BrickHistory(steps.slice(-MAX_STEPS));
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#steps.reduce((sum, { bricks }) => sum + STEP_BYTES + bricks.byteLength, 0);
  }

  /** Bricks that have changed since a version, ascending; undefined if that version is not remembered. */
  since(version: number): Uint32Array | undefined {
    const start = this.#steps.findIndex(({ from }) => from === version);
    if (start < 0) return undefined;
    return unionBricks(this.#steps.slice(start).map(({ bricks }) => bricks));
  }
}
