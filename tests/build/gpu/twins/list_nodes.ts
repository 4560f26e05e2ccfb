import { ARGS, COUNTERS, FAULTS } from "../../../../src/build/gpu/grid_words.ts";
import { occupiedBytes, setBits } from "./shared/bits.ts";
import { writeRows } from "./shared/dispatch.ts";
import { Grid } from "./shared/grid.ts";
import { regionOfWord } from "./shared/region_of_word.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/list_nodes.wgsl`. Nodes of height 6 and more stand in the order of the words here. */
export function listNodes(
  dispatch: Dispatch,
  grid: Uint32Array,
  directory: Uint32Array,
  brickTable: Uint32Array,
  uppers: Uint32Array,
  counters: Uint32Array,
  args: Uint32Array,
): void {
  const own = new Grid(grid);
  const totals = 4 * own.directoryWords;
  const listUpper = (at: number, region: number, height: number, key: number) => {
    if (at >= own.upperCapacity) return;
    uppers[2 * at] = region;
    uppers[2 * at + 1] = (height << 16) | key;
  };
  for (let word = 0; word < 256 * dispatch.workgroups; word++) {
    if (word === 0) sizeBricks(own, directory, args);
    if (word >= own.directoryWords) return;
    const entry = 4 * word;
    const bits = directory[entry + 3]!;
    const index = regionOfWord(own, word);
    const region = own.region(index);
    const localWord = word - region.directoryBase;
    let slot = directory[entry]!;
    for (const bit of setBits(bits)) {
      if (slot < own.brickCapacity) brickTable[4 * slot + 3] = (index << 15) | (32 * localWord + bit);
      slot++;
    }
    if (region.depth >= 4) {
      let at = directory[entry + 1]!;
      for (const bit of setBits(occupiedBytes(bits))) listUpper(at++, index, 4, 4 * localWord + (bit >>> 3));
    }
    if (region.depth >= 5 && directory[entry + 6]! > directory[entry + 2]!) {
      listUpper(directory[totals + 1]! + directory[entry + 2]!, index, 5, localWord >>> 1);
    }
    for (let height = 6; height <= region.depth; height++) {
      const words = 1 << (3 * (height - 4) - 2);
      if ((localWord & (words - 1)) === 0 && directory[entry + 4 * words]! > directory[entry]!) {
        const at = directory[totals + 1]! + directory[totals + 2]! + counters[COUNTERS.high]!++;
        listUpper(at, index, height, localWord / words);
      }
    }
  }
}

function sizeBricks(grid: Grid, directory: Uint32Array, args: Uint32Array): void {
  const totals = 4 * grid.directoryWords;
  const bricks = directory[totals]!;
  grid.set("bricks", bricks);
  grid.set("heights4", directory[totals + 1]!);
  grid.set("heights5", directory[totals + 2]!);
  if (bricks > grid.brickCapacity) grid.set("faults", grid.faults | FAULTS.bricks);
  const fits = grid.faults === 0;
  writeRows(args, ARGS.brickThreads, fits ? Math.floor((bricks + 256) / 256) : 0);
  writeRows(args, ARGS.bricks, fits ? bricks : 0);
}
