import { assert, assertEquals } from "@std/assert";
import { RegionTracks } from "../../src/build/region_tracks.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { key } from "./service_fixture.ts";

function tracksOf(clock = new ManualClock()) {
  const tracks = new RegionTracks({
    clock,
    random: () => 1,
    minIntervalMs: 100,
    breakerFailures: 3,
    breakerPauseMs: 60_000,
  });
  return { clock, tracks };
}

function nobodyAsks(): never {
  throw new Error("nobody should ask");
}

/** Builds the region so often in vain, each time as soon as it may be. */
function failTimes(tracks: RegionTracks, clock: ManualClock, times: number, region = key(1)): number {
  let pauseMs = 0;
  for (let i = 0; i < times; i++) {
    clock.advance(pauseMs);
    tracks.begin(region, ["esvo"]);
    ({ pauseMs } = tracks.fail(region, true));
  }
  return pauseMs;
}

Deno.test("a region is asked for again when its pause is over, once, however often it was wanted", () => {
  const { clock, tracks } = tracksOf();
  tracks.begin(key(1), ["esvo"]);
  assert(!tracks.admit(key(1), nobodyAsks), "it is being built");
  assert(tracks.succeed(key(1)), "and was asked for meanwhile");
  let asked = 0;
  for (let i = 0; i < 3; i++) assert(!tracks.admit(key(1), () => asked++));
  clock.advance(99);
  assertEquals(asked, 0);
  clock.advance(1);
  assertEquals([asked, tracks.admit(key(1), nobodyAsks)], [1, true]);
  assertEquals(clock.pending, 0);
});

Deno.test("a timer that wakes a moment early is set again, and its region is not lost (original: lost for good)", () => {
  /** Its timers fire half a millisecond before they are due. */
  class HastyClock extends ManualClock {
    override setTimeout(fn: () => void, ms: number) {
      return super.setTimeout(fn, Math.max(0, ms - 0.5));
    }
  }
  const { clock, tracks } = tracksOf(new HastyClock());
  failTimes(tracks, clock, 3);
  let admitted = 0;
  const ask = () => {
    if (tracks.admit(key(1), ask)) admitted++;
  };
  ask();
  clock.advance(59_999.5);
  assertEquals(admitted, 0, "the breaker is still open");
  clock.advance(1);
  assertEquals([admitted, clock.pending], [1, 0]);
});

Deno.test("after three failures a region is left alone for a minute, and one trial decides how it goes on", () => {
  const { clock, tracks } = tracksOf();
  assertEquals(failTimes(tracks, clock, 1), 500);
  clock.advance(500);
  assertEquals(failTimes(tracks, clock, 1), 1000);
  clock.advance(1000);
  assertEquals(failTimes(tracks, clock, 1), 60_000);
  assertEquals(tracks.breakers(), { open: 1, halfOpen: 0 });
  clock.advance(60_000);
  assert(tracks.begin(key(1), ["esvo"]), "a retry");
  assertEquals(tracks.breakers(), { open: 0, halfOpen: 1 });
  assertEquals(tracks.fail(key(1), true), { pauseMs: 60_000, failures: 3, isBreakerOpen: true });
  clock.advance(60_000);
  tracks.begin(key(1), ["esvo"]);
  tracks.succeed(key(1));
  assertEquals(tracks.breakers(), { open: 0, halfOpen: 0 });
  clock.advance(100);
  assert(!tracks.begin(key(1), ["esvo"]));
  assertEquals(tracks.fail(key(1), true).failures, 1, "a success makes the failures forgotten");
});

Deno.test("a trial that the backend lost says nothing about the region: another one follows soon", () => {
  const { clock, tracks } = tracksOf();
  clock.advance(failTimes(tracks, clock, 3));
  tracks.begin(key(1), ["esvo"]);
  assertEquals(tracks.fail(key(1), false).pauseMs, 250);
  assertEquals(tracks.breakers(), { open: 1, halfOpen: 0 }, "no trial is under way");
  clock.advance(250);
  tracks.begin(key(1), ["esvo"]);
  assertEquals(tracks.breakers(), { open: 0, halfOpen: 1 });
});

Deno.test("nothing is kept of regions that nothing holds back: neither of built ones nor, for long, of failed ones", () => {
  const { clock, tracks } = tracksOf();
  for (let region = 0; region < 60; region++) {
    tracks.begin(key(region), ["esvo"]);
    if (region % 2 === 0) tracks.succeed(key(region));
    else tracks.fail(key(region), true);
  }
  tracks.sweep(() => false);
  assertEquals(tracks.size, 60, "their intervals are not over");
  clock.advance(500);
  tracks.sweep(() => false);
  assertEquals(tracks.size, 30, "failures are remembered for the pause of a breaker");
  clock.advance(60_000);
  tracks.sweep((region) => region === key(1));
  assertEquals(tracks.size, 1, "and as long as the region waits");
  tracks.sweep(() => false);
  assertEquals(tracks.size, 0);
  failTimes(tracks, clock, 3);
  clock.advance(120_000);
  tracks.sweep(() => false);
  assertEquals([tracks.size, tracks.breakers()], [0, { open: 0, halfOpen: 0 }], "nor of their breakers");
});

Deno.test("what is being built or has a timer is not swept", () => {
  const { clock, tracks } = tracksOf();
  tracks.begin(key(1), ["esvo"]);
  tracks.begin(key(2), ["esvo"]);
  tracks.succeed(key(2));
  tracks.admit(key(2), () => {});
  tracks.sweep(() => false);
  assertEquals(tracks.size, 2);
  clock.advance(1000);
  tracks.sweep(() => false);
  assertEquals([tracks.size, tracks.building(key(1))], [1, ["esvo"]]);
});
