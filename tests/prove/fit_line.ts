/** A straight line through samples, by least squares. */
export interface FittedLine {
  readonly slope: number;
  /** Half the width of the slope's band of 95 %, as if the samples were independent. */
  readonly error: number;
  /** Standard deviation of the samples from the line. */
  readonly spread: number;
}

/** Standard deviations to either side that hold 95 %. */
const BAND = 1.96;

/** Fits a line to at least three samples. Throws RangeError for fewer. */
export function fitLine(xs: readonly number[], ys: readonly number[]): FittedLine {
  const count = xs.length;
  if (count < 3 || ys.length !== count) throw new RangeError(`A line needs at least 3 samples, got ${count}`);
  const meanX = xs.reduce((sum, x) => sum + x, 0) / count;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / count;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < count; i++) {
    squares += (xs[i]! - meanX) ** 2;
    products += (xs[i]! - meanX) * (ys[i]! - meanY);
  }
  const slope = products / squares;
  let rest = 0;
  for (let i = 0; i < count; i++) rest += (ys[i]! - meanY - slope * (xs[i]! - meanX)) ** 2;
  const spread = Math.sqrt(rest / (count - 2));
  return { slope, error: BAND * spread / Math.sqrt(squares), spread };
}
