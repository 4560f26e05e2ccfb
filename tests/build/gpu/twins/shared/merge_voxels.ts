import { bitsBelow, countOneBits, setBits } from "./bits.ts";
import { addColor, packMean } from "./color.ts";
import { Histogram } from "./histogram.ts";

/** Twin of `shaders/shared/merge_voxels.wgsl`: colour and material of the voxels of a cube that overlap a tetrahedron. */
export function mergeVoxels(
  leaves: Uint32Array,
  first: number,
  octants: number,
  overlapping: number,
): { color: number; material: number } {
  const sums = new Uint32Array(4);
  const histogram = new Histogram();
  for (const octant of setBits(octants & overlapping)) {
    const leaf = first + countOneBits(octants & bitsBelow(octant));
    addColor(sums, leaves[2 * leaf]!);
    histogram.add(leaves[2 * leaf + 1]! & 255);
  }
  const color = packMean(sums, countOneBits(octants & overlapping));
  return { color, material: histogram.commonest() };
}
