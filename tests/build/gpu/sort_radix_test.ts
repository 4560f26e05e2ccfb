import { assertEquals } from "@std/assert";
import { GRID_FIELDS, GRID_WORDS, REGION_WORDS } from "../../../src/build/gpu/grid_words.ts";
import { recordSort } from "../../../src/build/gpu/record_sort.ts";
import { Recorder, runRecording } from "../../../src/gpu/mod.ts";
import { sortRunner } from "./sort_build.ts";
import { testOnDevice } from "./test_device.ts";

/** None, one, round a block, two blocks and one, and more blocks than one block of the scan takes. */
const COUNTS = [0, 1, 255, 256, 257, 513, 20_000] as const;

/** Sorts codes on the device: pairs of code and place before, in the order they come back. */
async function sortOnDevice(codes: Uint32Array, bits: number, capacity: number): Promise<Uint32Array> {
  const pairs = new Uint32Array(2 * capacity).fill(0xdeadbeef);
  codes.forEach((code, i) => pairs.set([code, i], 2 * i));
  const grid = new Uint32Array(GRID_WORDS + REGION_WORDS);
  grid[GRID_FIELDS.sampleCount] = codes.length;
  const recorder = new Recorder();
  recorder.upload("grid", grid);
  recorder.upload("pairs", pairs);
  const { sorted } = recordSort(recorder, "grid", "sort", "pairs", capacity, bits);
  recorder.read(sorted, 2 * capacity);
  const { reads } = await runRecording(await sortRunner(), recorder)();
  return new Uint32Array(reads[0]!).slice(0, 2 * codes.length);
}

/** Codes in no order, many of them equal. */
function codesOf(count: number, bits: number): Uint32Array {
  const unused = 32 - bits;
  return Uint32Array.from({ length: count }, (_, i) => {
    return Math.imul((i * 7919) % Math.max(1, count >> 1), 0x9e3779b1) >>> unused;
  });
}

function sortedPairs(codes: Uint32Array): Uint32Array {
  const order = Array.from(codes.keys()).sort((a, b) => codes[a]! - codes[b]! || a - b);
  return Uint32Array.from(order.flatMap((i) => [codes[i]!, i]));
}

for (const bits of [4, 9, 18, 32]) {
  testOnDevice(
    `The device sorts 0 to 20,000 pairs by ${bits} bits and keeps the order of equal ones`,
    async () => {
      for (const count of COUNTS) {
        const codes = codesOf(count, bits);
        const sorted = await sortOnDevice(codes, bits, Math.max(1, count));
        assertEquals(sorted, sortedPairs(codes), `${count} pairs`);
      }
    },
  );
}

testOnDevice("Pairs beyond their number stay out of a sort that has room for more", async () => {
  const codes = codesOf(700, 18);
  assertEquals(await sortOnDevice(codes, 18, 2000), sortedPairs(codes));
});

testOnDevice("Pairs that are all equal, sorted or in reverse come out right", async () => {
  const sorted = Uint32Array.from({ length: 1000 }, (_, i) => 3 * i);
  for (const codes of [new Uint32Array(1000).fill(4095), sorted, sorted.slice().reverse()]) {
    assertEquals(await sortOnDevice(codes, 12, 1000), sortedPairs(codes));
  }
});
