/** How two pictures of one size differ. */
export interface PictureDifference {
  /** Share of the pixels with a channel that differs by more than `TOLERATED_STEPS`. */
  readonly share: number;
  readonly worst: number;
}

/**
 * What a picture of the GPU may differ from the CPU's, as docs/ray-tracing.md states it: single precision moves a ray a
 * little, so at edges it may meet another cell, and beside shadows the sun may be hidden or not.
 */
export const TOLERATED_STEPS = 2;
export const TOLERATED_SHARE = 0.001;

/** Compares two pictures, RGBA8. @throws RangeError if they are not of one size */
export function pictureDifference(one: Uint8Array, other: Uint8Array): PictureDifference {
  if (one.length !== other.length) throw new RangeError(`${one.length} bytes against ${other.length}`);
  let different = 0;
  let worst = 0;
  for (let pixel = 0; pixel < one.length; pixel += 4) {
    let most = 0;
    for (let i = pixel; i < pixel + 4; i++) most = Math.max(most, Math.abs(one[i]! - other[i]!));
    if (most > TOLERATED_STEPS) different++;
    worst = Math.max(worst, most);
  }
  return { share: different / (one.length / 4), worst };
}
