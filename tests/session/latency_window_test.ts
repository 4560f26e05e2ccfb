import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LatencyWindow } from "../../src/session/latency_window.ts";
import { runs } from "../support/runs.ts";

Deno.test("without a message there is nothing to tell", () => {
  assertEquals(new LatencyWindow(10).summary(), { samples: 0, avgMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
});

Deno.test("only the newest times count", () => {
  const window = new LatencyWindow(100);
  for (let ms = 1; ms <= 100; ms++) window.add(ms);
  assertEquals(window.summary(), { samples: 100, avgMs: 50.5, p50Ms: 50, p99Ms: 99, maxMs: 100 });
  for (let i = 0; i < 99; i++) window.add(7);
  assertEquals(window.summary(), { samples: 100, avgMs: 7.93, p50Ms: 7, p99Ms: 7, maxMs: 100 });
  window.add(7);
  assertEquals(window.summary().maxMs, 7);
});

Deno.test("the percentiles are times that so many messages did not exceed, whatever came", () => {
  const times = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
    minLength: 1,
    maxLength: 300,
    size: "max",
  });
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 100 }), (all, size) => {
      const window = new LatencyWindow(size);
      for (const ms of all) window.add(ms);
      const { samples, p50Ms, p99Ms, maxMs } = window.summary();
      const newest = all.slice(-size);
      assertEquals([samples, maxMs], [newest.length, Math.max(...newest)]);
      for (const [share, found] of [[0.5, p50Ms], [0.99, p99Ms]] as const) {
        const reach = (limit: number) => newest.filter((ms) => ms <= limit).length >= share * newest.length;
        assertEquals(found, Math.min(...newest.filter(reach)), `${share}`);
      }
    }),
    { numRuns: runs(200) },
  );
});
