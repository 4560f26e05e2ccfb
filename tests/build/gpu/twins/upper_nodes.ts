import { BRICK_SUM_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { bitsBelow, countOneBits, occupiedBytes } from "./shared/bits.ts";
import { packMean } from "./shared/color.ts";
import { Emitter } from "./shared/emit.ts";
import { Grid } from "./shared/grid.ts";
import { Histogram } from "./shared/histogram.ts";
import { TreeLayout } from "./shared/layout.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/upper_nodes.wgsl`. */
export function upperNodes(
  dispatch: Dispatch,
  grid: Uint32Array,
  uppers: Uint32Array,
  directory: Uint32Array,
  brickSums: Uint32Array,
  leaves: Uint32Array,
  layouts: Uint32Array,
  output: Uint32Array,
): void {
  const hasAttributes = dispatch.constants.HAS_ATTRIBUTES !== 0;
  const own = new Grid(grid);
  const emit = new Emitter(own, output);
  for (let id = 0; id < dispatch.workgroups && id < own.uppers; id++) {
    const place = new TreeLayout(layouts, uppers[2 * id]!);
    const height = uppers[2 * id + 1]! >>> 16;
    const key = uppers[2 * id + 1]! & 0xffff;
    const base = place.directoryBase;
    const width = 8 ** (height - 3);
    const before = (bit: number) => bricksBefore(directory, base, bit);
    let mask = 0;
    for (let slot = 0; slot < 8; slot++) {
      const child = key * width + slot * (width / 8);
      if (before(child + width / 8) > before(child)) mask |= 1 << slot;
    }
    let rank = 0;
    if (height === 4) {
      const entry = 4 * (base + (key >>> 2));
      rank = directory[entry + 1]! +
        countOneBits(occupiedBytes(directory[entry + 3]!) & bitsBelow(8 * (key & 3)));
    } else if (height === 5) {
      rank = directory[4 * (base + 2 * key) + 2]!;
    } else {
      for (let other = 0; other < key; other++) {
        if (before((other + 1) * width) > before(other * width)) rank++;
      }
    }
    const node = place.start(height) + rank;
    emit.mask(node + place.maskDelta, mask);
    if (!hasAttributes) continue;
    const first = before(key * width);
    const end = before((key + 1) * width);
    const sums = new Uint32Array(4);
    let count = 0;
    for (let brick = first; brick < end; brick++) {
      for (let channel = 0; channel < 4; channel++) {
        sums[channel]! += brickSums[BRICK_SUM_WORDS * brick + channel]!;
      }
      count += brickSums[BRICK_SUM_WORDS * brick + 4]!;
    }
    emit.color(node, packMean(sums, count));
    const firstLeaf = brickSums[BRICK_SUM_WORDS * first + 6]!;
    const histogram = new Histogram();
    for (let leaf = firstLeaf; leaf < firstLeaf + count; leaf++) histogram.add(leaves[2 * leaf + 1]!);
    emit.material(node, histogram.commonest());
  }
}

/** Bricks of all regions before this bit of a region's directory. */
function bricksBefore(directory: Uint32Array, base: number, bit: number): number {
  const entry = 4 * (base + (bit >>> 5));
  return directory[entry]! + countOneBits(directory[entry + 3]! & bitsBelow(bit & 31));
}
