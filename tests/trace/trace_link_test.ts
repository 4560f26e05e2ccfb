import { assertEquals } from "@std/assert";
import { type Clock, systemClock } from "../../src/observe/mod.ts";
import { DAYLIGHT } from "../../src/trace/mod.ts";
import { createPictureView } from "../../src/trace/picture_view.ts";
import { TraceLink } from "../../src/trace/trace_link.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { ballOverFloor, cameraAt, worldOf } from "./scene_fixture.ts";

testWith(
  modelNeeds,
  "regions go to a Worker in pieces of some milliseconds, however small they are",
  async () => {
    const world = worldOf("esvo", ballOverFloor);
    assertEquals(world.regions.length, 8);
    let nowMs = 0;
    let pauses = 0;
    // Each look at the time is three milliseconds later.
    const clock: Clock = {
      ...systemClock,
      monotonic: () => nowMs += 3,
      setTimeout(fn, ms) {
        if (ms === 0) pauses++;
        return systemClock.setTimeout(fn, ms);
      },
    };
    const link = new TraceLink({
      url: new URL("./workers/plain.ts", import.meta.url),
      wish: undefined,
      timeoutMs: 60_000,
      maxBytes: 2 ** 24,
      clock,
      onNews: () => {},
    });
    try {
      const view = createPictureView(world.grid, cameraAt(8, 8), DAYLIGHT);
      await link.band(world, view, { firstRow: 0, rows: 8 });
      // After the third and the sixth of eight.
      assertEquals(pauses, 2);
      await link.band(world, view, { firstRow: 0, rows: 8 });
      assertEquals(pauses, 2, "what the Worker has is not sent again");
    } finally {
      link.terminate(new Error("The test has ended"));
    }
  },
);
