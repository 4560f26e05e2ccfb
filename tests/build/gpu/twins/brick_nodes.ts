import { BRICK_SUM_WORDS, BRICK_WORDS } from "../../../../src/build/gpu/grid_words.ts";
import { countOneBits } from "./shared/bits.ts";
import { addColor, packMean } from "./shared/color.ts";
import { Emitter } from "./shared/emit.ts";
import { brickRegion, Grid } from "./shared/grid.ts";
import { Histogram } from "./shared/histogram.ts";
import { TreeLayout } from "./shared/layout.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/brick_nodes.wgsl`. */
export function brickNodes(
  dispatch: Dispatch,
  grid: Uint32Array,
  bricks: Uint32Array,
  brickTable: Uint32Array,
  leaves: Uint32Array,
  layouts: Uint32Array,
  output: Uint32Array,
  brickSums: Uint32Array,
): void {
  const hasAttributes = dispatch.constants.HAS_ATTRIBUTES !== 0;
  const own = new Grid(grid);
  const emit = new Emitter(own, output);
  for (let slot = 0; slot < dispatch.workgroups && slot < own.bricks; slot++) {
    const place = new TreeLayout(layouts, brickRegion(brickTable[4 * slot + 3]!));
    const firstLeaf = brickTable[4 * slot]!;
    const byteAt = (byte: number) => (bricks[BRICK_WORDS * slot + (byte >>> 2)]! >>> (8 * (byte & 3))) & 255;
    // Nodes of heights 1, 2 and 3 as ranges of the brick's bytes, in key order.
    const ranks = [0, brickTable[4 * slot + 1]!, brickTable[4 * slot + 2]!, slot];
    for (let height = 1; height <= 3; height++) {
      const width = 8 ** (height - 1);
      let leaf = firstLeaf;
      for (let first = 0; first < 64; first += width) {
        const bytes = Array.from({ length: width }, (_, i) => byteAt(first + i));
        const count = bytes.reduce((sum, byte) => sum + countOneBits(byte), 0);
        if (count === 0) continue;
        const node = place.start(height) + ranks[height]!++;
        emit.mask(node + place.maskDelta, height === 1 ? bytes[0]! : maskOf(bytes));
        if (hasAttributes) {
          const own = sumLeaves(leaves, leaf, count);
          emit.color(node, packMean(own.sums, count));
          emit.material(node, own.material);
          if (height === 3) writeSum(brickSums, slot, own, count, firstLeaf);
        }
        leaf += count;
      }
      if (height === 1 && hasAttributes) {
        for (let i = firstLeaf; i < leaf; i++) {
          emit.color(place.start(0) + i, leaves[2 * i]!);
          emit.material(place.start(0) + i, leaves[2 * i + 1]!);
        }
      }
    }
  }
}

/** Which eighths of some bytes have a bit. */
function maskOf(bytes: readonly number[]): number {
  const eighth = bytes.length / 8;
  let mask = 0;
  bytes.forEach((byte, i) => mask |= byte === 0 ? 0 : 1 << Math.floor(i / eighth));
  return mask;
}

interface LeafSum {
  readonly sums: Uint32Array;
  readonly material: number;
  readonly lowest: number;
  readonly highest: number;
}

function sumLeaves(leaves: Uint32Array, first: number, count: number): LeafSum {
  const sums = new Uint32Array(4);
  const histogram = new Histogram();
  let lowest = 255;
  let highest = 0;
  for (let i = first; i < first + count; i++) {
    addColor(sums, leaves[2 * i]!);
    histogram.add(leaves[2 * i + 1]!);
    lowest = Math.min(lowest, leaves[2 * i + 1]!);
    highest = Math.max(highest, leaves[2 * i + 1]!);
  }
  return { sums, material: histogram.commonest(), lowest, highest };
}

function writeSum(
  brickSums: Uint32Array,
  slot: number,
  { sums, lowest, highest }: LeafSum,
  count: number,
  firstLeaf: number,
): void {
  brickSums.set([...sums, count, lowest | (highest << 8), firstLeaf, 0], BRICK_SUM_WORDS * slot);
}
