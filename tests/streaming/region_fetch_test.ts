import { assertEquals } from "@std/assert";
import { cacheKey } from "../../src/cache/mod.ts";
import { StreamFixture } from "./stream_fixture.ts";

Deno.test("defect: who holds a region finer than memory allows now, and no finer than asked, is not sent it coarser", async () => {
  const fixture = new StreamFixture();
  const key = fixture.paint(1, 1, 1, 0xff0000ff);
  fixture.cache.peek(cacheKey(1, key))!.trim(2);
  fixture.autoBuild = false;
  const ask = async (lod: number, heldLod: number) => {
    const held = { version: 1, lod: heldLod };
    const query = { key, kind: "esvo", lod, held, buildWaitMs: 1000 } as const;
    const answer = fixture.streamer.fetchRegion(fixture.world, query);
    await fixture.clock.advanceAsync(1000);
    const { state, ...fields } = await answer;
    return [state, "lod" in fields ? fields.lod : undefined];
  };
  assertEquals(await ask(0, 1), ["unchanged", 1], "the best that can be had is what is held");
  assertEquals(await ask(0, 2), ["unchanged", 2]);
  assertEquals(await ask(0, 3), ["found", 2], "what is held is coarser");
  assertEquals(await ask(1, 0), ["found", 2], "less detail is wanted than is held");
  fixture.streamer.dispose();
});

Deno.test("defect: who is gone before the wait begins is not waited for", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const key = fixture.paint(1, 1, 1, 0xff0000ff);
  const timers = fixture.clock.pending;
  const query = { key, kind: "esvo", lod: 0, buildWaitMs: 1000, signal: AbortSignal.abort() } as const;
  assertEquals(await fixture.streamer.fetchRegion(fixture.world, query), { state: "late" });
  assertEquals([fixture.cache.pins(cacheKey(1, key)), fixture.clock.pending], [0, timers]);
  fixture.streamer.dispose();
});
