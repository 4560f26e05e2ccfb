import { HEADER_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { Grid, type Region } from "./shared/grid.ts";
import { TreeLayout } from "./shared/layout.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/count_trees.wgsl`. */
export function countTrees(
  dispatch: Dispatch,
  grid: Uint32Array,
  directory: Uint32Array,
  brickTable: Uint32Array,
  layouts: Uint32Array,
  sizes: Uint32Array,
  headers: Uint32Array,
): void {
  const own = new Grid(grid);
  for (let index = 0; index < 64 * dispatch.workgroups && index <= own.regionCount; index++) {
    sizes.fill(0, 4 * index, 4 * index + 4);
    if (index === own.regionCount || own.faults !== 0) continue;
    const region = own.region(index);
    const low = 4 * region.directoryBase;
    const high = 4 * (region.directoryBase + region.directoryWords);
    const counts = new Uint32Array(9);
    const before = new Uint32Array(9);
    for (let part = 0; part < 3; part++) {
      before[part] = brickTable[4 * directory[low]! + part]!;
      counts[part] = brickTable[4 * directory[high]! + part]! - before[part]!;
      before[3 + part] = directory[low + part]!;
      counts[3 + part] = directory[high + part]! - before[3 + part]!;
    }
    for (let height = 6; height <= region.depth; height++) {
      counts[height] = countHigh(directory, region, height);
    }
    const place = new TreeLayout(layouts, index);
    let offset = 0;
    for (let height = 8; height >= 0; height--) {
      place.setStart(height, offset - before[height]!);
      offset += counts[height]!;
      headers[HEADER_WORDS * index + height] = counts[height]!;
    }
    place.directoryBase = region.directoryBase;
    place.maskDelta = 0;
    place.endLeaf = 0;
    sizes[4 * index] = offset;
    sizes[4 * index + 1] = offset - counts[0]!;
  }
}

function countHigh(directory: Uint32Array, region: Region, height: number): number {
  const words = 1 << (3 * (height - 4) - 2);
  let count = 0;
  for (let word = 0; word < region.directoryWords; word += words) {
    const first = region.directoryBase + word;
    if (directory[4 * (first + words)]! > directory[4 * first]!) count++;
  }
  return count;
}
