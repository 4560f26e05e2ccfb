import { HEADER_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { Grid } from "./shared/grid.ts";
import { TreeLayout } from "./shared/layout.ts";
import { HEIGHTS, sortBlocks } from "./shared/sorted.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/sorted_trees.wgsl`. */
export function sortedTrees(
  dispatch: Dispatch,
  grid: Uint32Array,
  heightTable: Uint32Array,
  regionFirsts: Uint32Array,
  layouts: Uint32Array,
  sizes: Uint32Array,
  headers: Uint32Array,
): void {
  const own = new Grid(grid);
  for (let index = 0; index < 64 * dispatch.workgroups && index <= own.regionCount; index++) {
    sizes.fill(0, 4 * index, 4 * index + 4);
    if (index === own.regionCount || own.faults !== 0) continue;
    const isLast = index + 1 === own.regionCount;
    const place = new TreeLayout(layouts, index);
    let offset = 0;
    for (let height = HEIGHTS - 1; height >= 0; height--) {
      const first = regionFirsts[HEIGHTS * index + height]!;
      const end = isLast
        ? heightTable[4 * (height + 1) * sortBlocks(own)]!
        : regionFirsts[HEIGHTS * (index + 1) + height]!;
      place.setStart(height, offset - first);
      offset += end - first;
      headers[HEADER_WORDS * index + height] = end - first;
      if (height > 0) sizes[4 * index + 1] = offset;
      else place.endLeaf = end;
    }
    place.directoryBase = 0;
    place.maskDelta = 0;
    sizes[4 * index] = offset;
  }
}
