import { countOneBits, occupiedBytes } from "./shared/bits.ts";
import { Grid } from "./shared/grid.ts";
import { regionOfWord } from "./shared/region_of_word.ts";
import type { Dispatch } from "./twin.ts";

/** Twin of `shaders/build/count_words.wgsl`. */
export function countWords(
  dispatch: Dispatch,
  grid: Uint32Array,
  bricksMarked: Uint32Array,
  directory: Uint32Array,
): void {
  const own = new Grid(grid);
  for (let word = 0; word < 256 * dispatch.workgroups; word++) {
    if (word > own.directoryWords) return;
    const isEnd = word === own.directoryWords;
    const bits = isEnd ? 0 : bricksMarked[word]!;
    let height4 = 0;
    let height5 = 0;
    if (!isEnd) {
      const region = own.region(regionOfWord(own, word));
      if (region.depth >= 4) height4 = countOneBits(occupiedBytes(bits));
      if (region.depth >= 5 && ((word - region.directoryBase) & 1) === 0) {
        height5 = (bits | bricksMarked[word + 1]!) !== 0 ? 1 : 0;
      }
    }
    directory[4 * word] = countOneBits(bits);
    directory[4 * word + 1] = height4;
    directory[4 * word + 2] = height5;
    directory[4 * word + 3] = bits;
  }
}
