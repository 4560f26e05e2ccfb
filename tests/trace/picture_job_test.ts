import { assertEquals, assertThrows } from "@std/assert";
import { bandsOf } from "../../src/trace/band.ts";
import { DAYLIGHT } from "../../src/trace/mod.ts";
import { PictureJob } from "../../src/trace/picture_job.ts";
import { createPictureView } from "../../src/trace/picture_view.ts";
import { DeviceFaultError, WorkerLostError } from "../../src/trace/worker_lost_error.ts";
import { cameraAt, GRID } from "./scene_fixture.ts";

function jobOf(maxRepeats: number, signal?: AbortSignal): PictureJob {
  const view = createPictureView(GRID, cameraAt(10, 20), DAYLIGHT);
  return new PictureJob(view, bandsOf(10, 20, 80), maxRepeats, signal);
}

Deno.test("bands are given out once each, and lie where they belong whatever the order", () => {
  const job = jobOf(0);
  const bands = [job.next()!, job.next()!, job.next()!];
  assertEquals(bands.map(({ firstRow, rows }) => [firstRow, rows]), [[0, 8], [8, 8], [16, 4]]);
  assertEquals(job.next(), undefined);
  for (const band of bands.toReversed()) {
    job.put(band, { pixels: new Uint32Array(10 * band.rows).fill(band.firstRow + 1), gpuMs: 2 });
  }
  job.throwIfNotDone();
  const firsts = Array.from({ length: 20 }, (_, row) => job.rgba[40 * row]);
  assertEquals(firsts, [...Array(8).fill(1), ...Array(8).fill(9), ...Array(4).fill(17)]);
  assertEquals(job.gpuMs, 6);
});

Deno.test("a picture that is not wanted any more has no further band", () => {
  const controller = new AbortController();
  const job = jobOf(0, controller.signal);
  job.next();
  controller.abort(new Error("gone away"));
  assertEquals(job.next(), undefined);
  assertThrows(() => job.throwIfNotDone(), Error, "gone away");
});

Deno.test("a band that was lost with its Worker is given out again, as often as is allowed, and no other", () => {
  const job = jobOf(2);
  const band = job.next()!;
  job.fail(band, new WorkerLostError(false, "died"));
  assertEquals(job.next(), band);
  job.fail(band, new DeviceFaultError("out of order"));
  assertEquals(job.next(), band);
  job.fail(band, new WorkerLostError(true, "hung"));
  assertEquals(job.next(), undefined);
  assertThrows(() => job.throwIfNotDone(), WorkerLostError, "hung");
  const other = jobOf(2);
  other.fail(other.next()!, new RangeError("no scene"));
  assertEquals(other.next(), undefined);
  assertThrows(() => other.throwIfNotDone(), RangeError, "no scene");
});
