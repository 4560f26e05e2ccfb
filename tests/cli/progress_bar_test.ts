import { assertEquals } from "@std/assert";
import { ProgressBar } from "../../src/cli/progress_bar.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type CapturedIo, capturedIo } from "./captured_io.ts";

const CLEAR = "\r\x1b[K";

function bar(io: CapturedIo): { readonly bar: ProgressBar; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { bar: new ProgressBar({ io, clock, label: "a.vox: uploading", unit: "voxels" }), clock };
}

Deno.test("a terminal sees share, counts, rate and time to go, at most ten times a second", () => {
  const io = capturedIo(true, 200);
  const { bar: progress, clock } = bar(io);
  progress.update(0, 3000);
  clock.advance(99);
  progress.update(500, 3000);
  clock.advance(901);
  progress.update(1500, 3000);
  assertEquals(io.text.error.split(CLEAR), [
    "",
    "a.vox: uploading [------------------------] 0 %, 0 of 3,000 voxels",
    "a.vox: uploading [############------------] 50 %, 1,500 of 3,000 voxels, 1.50 k/s, 1.00 s to go",
  ]);
  progress.finish();
  progress.finish();
  assertEquals(io.text.error.endsWith(`to go${CLEAR}`), true);
});

Deno.test("a line never wraps", () => {
  const io = capturedIo(true, 30);
  const { bar: progress } = bar(io);
  progress.update(1, 2);
  assertEquals(io.text.error, `${CLEAR}a.vox: uploading [############`.slice(0, CLEAR.length + 29));
});

Deno.test("a log gets a plain line every two seconds, and none for what is quick", () => {
  const io = capturedIo(false);
  const { bar: progress, clock } = bar(io);
  progress.update(1, 100);
  clock.advance(1999);
  progress.update(50, 100);
  assertEquals(io.text.error, "");
  clock.advance(1);
  progress.update(60, 100);
  clock.advance(500);
  progress.update(70, 100);
  progress.finish();
  assertEquals(io.text.error, "a.vox: uploading 60 %, 60 of 100 voxels, 30/s, 1.33 s to go\n");
});

Deno.test("a total of nothing is no division by zero", () => {
  const io = capturedIo(true, 200);
  bar(io).bar.update(0, 0);
  assertEquals(io.text.error, `${CLEAR}a.vox: uploading [------------------------] 0 %, 0 of 0 voxels`);
});
