/** Who waits for a region. */
export interface Interest {
  /** How many clients see it, or wait for it otherwise; 0 for work that nobody waits for. */
  readonly seen: number;
  /**
   * Sum over them of the region's edge divided by its distance from the eye, so both many and near ones count. May be computed
   * when it is asked for.
   */
  readonly size: number;
}

/** Sizes outside 2^-16 to 2^14 are not told apart. */
const SMALLEST_STEP = -16;
const LARGEST_STEP = 14;

/**
 * How urgent a build is, in whole steps: 0 for what nobody sees, else 1 and one more for each doubling of its size on
 * screen. Steps are coarse so that age decides among near equals, and that a moving camera changes few of them.
 */
export function urgencyOf({ seen, size }: Interest): number {
  if (seen === 0) return 0;
  const step = Math.round(Math.log2(size));
  return 1 + Math.max(SMALLEST_STEP, Math.min(LARGEST_STEP, step)) - SMALLEST_STEP;
}
