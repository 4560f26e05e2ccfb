import { assertEquals } from "@std/assert";
import { BUILD_STAGES } from "../../../src/build/gpu/stages.ts";
import { Recorder, runRecording } from "../../../src/gpu/mod.ts";
import { compareEachStage } from "./stage_comparison.ts";
import { sharedRunner, testOnDevice } from "./test_device.ts";
import { runTwins } from "./twins/run_twins.ts";

/** One entry, round a workgroup, round a block, two blocks and one, and more blocks than one round of the sums takes. */
const SIZES = [1, 255, 256, 257, 1023, 1024, 1025, 2049, 256 * 1024, 256 * 1024 + 1, 300_000] as const;

function recordScan(entries: Uint32Array): Recorder {
  const recorder = new Recorder();
  const count = entries.length / 4;
  const blocks = Math.ceil(count / 1024);
  recorder.upload("entries", entries);
  recorder.scratch("block_sums", 4 * blocks);
  recorder.dispatch(BUILD_STAGES.scanBlocks, { entries: "entries", block_sums: "block_sums" }, blocks);
  recorder.dispatch(BUILD_STAGES.scanSums, { block_sums: "block_sums" }, 1);
  recorder.dispatch(
    BUILD_STAGES.scanAdd,
    { entries: "entries", block_sums: "block_sums" },
    Math.ceil(count / 256),
  );
  recorder.read("entries", entries.length);
  return recorder;
}

/** Sums that go past 2^32 wrap on both sides. */
function entriesOf(count: number): Uint32Array {
  return Uint32Array.from(
    { length: 4 * count },
    (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> (i % 3 === 0 ? 0 : 20),
  );
}

function prefixSums(entries: Uint32Array): Uint32Array {
  const sums = entries.slice();
  for (let part = 0; part < 3; part++) {
    let sum = 0;
    for (let i = part; i < entries.length; i += 4) {
      sums[i] = sum;
      sum = (sum + entries[i]!) >>> 0;
    }
  }
  return sums;
}

for (const count of SIZES) {
  Deno.test(`The twins of a scan make the prefix sums of ${count} entries`, () => {
    const entries = entriesOf(count);
    assertEquals(new Uint32Array(runTwins(recordScan(entries))[0]!), prefixSums(entries));
  });
}

testOnDevice("The device makes the same prefix sums of 1 to 300,000 entries, stage by stage", async () => {
  const runner = await sharedRunner();
  for (const count of SIZES) {
    const entries = entriesOf(count);
    const recorder = recordScan(entries);
    await compareEachStage(runner, recorder);
    const { reads } = await runRecording(runner, recorder)();
    assertEquals(new Uint32Array(reads[0]!), prefixSums(entries), `${count} entries`);
  }
});
