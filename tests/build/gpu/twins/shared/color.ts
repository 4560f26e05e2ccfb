/** Twin of `shaders/shared/color.wgsl`. Sums are kept as words, so that a sum too large shows as it does on a device. */

/** Adds the four channels of a colour to four sums. */
export function addColor(sums: Uint32Array, color: number): void {
  sums[0]! += color & 255;
  sums[1]! += (color >>> 8) & 255;
  sums[2]! += (color >>> 16) & 255;
  sums[3]! += color >>> 24;
}

/** The one rounding rule: floor((sum + floor(count / 2)) / count) a channel. */
export function packMean(sums: Uint32Array, count: number): number {
  let color = 0;
  for (let channel = 0; channel < 4; channel++) {
    const rounded = (sums[channel]! + (count >>> 1)) >>> 0;
    color |= Math.floor(rounded / count) << (8 * channel);
  }
  return color >>> 0;
}
