import { assertEquals, assertGreater, assertStringIncludes, assertThrows } from "@std/assert";
import { LoopLag, Metrics, systemClock } from "../../src/observe/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("counters, gauges and histograms can be read back by name and labels", async () => {
  const metrics = new Metrics();
  const frames = metrics.counter("voxcast_frames_total", "Frames sent", ["kind"]);
  frames.inc({ kind: "full" }, 3);
  frames.inc({ kind: "empty" });
  const clients = metrics.gauge("voxcast_clients", "Clients");
  clients.set(2);
  const build = metrics.histogram("voxcast_build_ms", "Build time");
  build.observe(3);
  build.observe(4000);
  assertEquals(await metrics.value("voxcast_frames_total"), 4);
  assertEquals(await metrics.value("voxcast_frames_total", { kind: "empty" }), 1);
  assertEquals(await metrics.value("voxcast_frames_total", { kind: "other" }), 0);
  assertEquals(await metrics.value("voxcast_clients"), 2);
  assertEquals(await metrics.value("voxcast_build_ms"), 2);
  assertEquals(await metrics.value("voxcast_unknown"), undefined);
});

Deno.test("a gauge with a reader shows the value of the moment", async () => {
  const metrics = new Metrics();
  let queued = 1;
  metrics.gauge("voxcast_queued", "Queue", [], () => queued);
  assertEquals(await metrics.value("voxcast_queued"), 1);
  queued = 5;
  assertStringIncludes(await metrics.prometheus(), "voxcast_queued 5");
});

Deno.test("the Prometheus text has help, type, labels and buckets, and no metric that is not ours", async () => {
  const metrics = new Metrics();
  metrics.counter("voxcast_frames_total", "Frames sent", ["kind"]).inc({ kind: "full" }, 3);
  metrics.histogram("voxcast_build_ms", "Build time", [], [1, 10]).observe(5);
  const text = await metrics.prometheus();
  assertStringIncludes(
    text,
    "# HELP voxcast_frames_total Frames sent\n# TYPE voxcast_frames_total counter\n",
  );
  assertStringIncludes(text, 'voxcast_frames_total{kind="full"} 3');
  assertStringIncludes(text, 'voxcast_build_ms_bucket{le="1"} 0\nvoxcast_build_ms_bucket{le="10"} 1\n');
  const names = text.split("\n").filter((line) => line.startsWith("# TYPE")).map((line) =>
    line.split(" ")[2]
  );
  assertEquals(names, ["voxcast_frames_total", "voxcast_build_ms"]);
  assertEquals(metrics.list().map((info) => [info.name, info.kind, info.labels]), [
    ["voxcast_frames_total", "counter", ["kind"]],
    ["voxcast_build_ms", "histogram", []],
  ]);
});

Deno.test("two registries know nothing of each other, and a name is registered once", () => {
  const one = new Metrics();
  one.counter("voxcast_x_total", "x");
  new Metrics().counter("voxcast_x_total", "x");
  assertThrows(() => one.gauge("voxcast_x_total", "x"), TypeError, "twice");
});

Deno.test("loop lag is how late the probe timer fires, with the worst one kept until it is taken", () => {
  const clock = new ManualClock();
  const samples: number[] = [];
  const lag = new LoopLag({ clock, intervalMs: 100, onSample: (ms) => samples.push(ms) });
  clock.advance(100);
  clock.block(130);
  clock.advance(0);
  clock.advance(100);
  assertEquals(samples, [0, 30, 0]);
  assertEquals([lag.lastMs, lag.takeWorstMs(), lag.takeWorstMs()], [0, 30, 0]);
  lag[Symbol.dispose]();
  assertEquals(clock.pending, 0);
});

Deno.test("loop lag sees a real block of this thread", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  using _lag = new LoopLag({ clock: systemClock, intervalMs: 5, onSample: resolve });
  block(40);
  assertGreater(await promise, 30);
});

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
