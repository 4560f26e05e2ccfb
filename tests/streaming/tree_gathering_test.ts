import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { VoxcastError } from "../../src/protocol/mod.ts";
import type { RegionKey } from "../../src/space/mod.ts";
import {
  type GatheredRegion,
  type GatherOptions,
  LateRegionsError,
  type PicturedView,
} from "../../src/streaming/mod.ts";
import { type Tree, type TreeKind, treeStatistics } from "../../src/tree/mod.ts";
import { look, StreamFixture, wholeView } from "./stream_fixture.ts";

const RED = 0xff0000ff;
const GREEN = 0xff00ff00;
const ALL: PicturedView = { viewport: wholeView(), detail: { lod: 0 }, maxRegions: 64 };
const OPTIONS: GatherOptions = {
  maxBytes: 1 << 20,
  bytesOf: (tree) => treeStatistics(tree).bytes,
  isExact: false,
  waitMs: 1000,
};

function gather(
  fixture: StreamFixture,
  view: PicturedView = ALL,
  options: Partial<GatherOptions> = {},
  kind: TreeKind = "esvo",
): Promise<readonly GatheredRegion[]> {
  return fixture.streamer.gatherTrees(fixture.world, kind, view, { ...OPTIONS, ...options });
}

/** Key, version and level of detail of each, by key. */
function shown(regions: readonly GatheredRegion[]): (readonly [RegionKey, number, number])[] {
  return regions.map(({ key, version, lod }) => [key, version, lod] as const).sort(([a], [b]) => a - b);
}

/** Nothing of a gathering is left: no timer, no pin. */
function assertClean(fixture: StreamFixture): void {
  assertEquals(fixture.cache.stats().pinnedCount, 0);
  for (const key of fixture.world.regions.keys()) {
    assertEquals(fixture.streamer.interestIn(fixture.world, key).seen, 0);
    assertEquals(fixture.streamer.wantedPayloads(fixture.world, key, "esvo"), []);
  }
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
}

function colorsOf(tree: Tree | undefined): number[] {
  return tree === undefined ? [] : [...new Set(tree.colors)];
}

Deno.test("trees that the cache has are taken without a build, cut to their level of detail", async () => {
  const fixture = new StreamFixture();
  const key = fixture.paint(1, 1, 1, RED);
  fixture.paint(1, 1, 3, GREEN);
  for (const [lod, nodes] of [[0, 8], [1, 5], [2, 2], [3, 1]] as const) {
    const [region] = await gather(fixture, { ...ALL, detail: { lod } });
    assertEquals([region!.key, region!.version, region!.lod], [key, 2, lod]);
    assertEquals([region!.tree!.depth, region!.tree!.colors.length <= nodes], [3 - lod, true]);
  }
  assertEquals(fixture.requested, []);
  assertClean(fixture);
});

Deno.test("each region is as coarse as the picture allows, by how large its nodes are on the screen", async () => {
  const fixture = new StreamFixture();
  fixture.paint(16, 16, 31, RED);
  fixture.paint(16, 16, 1, GREEN);
  const viewport = { ...look([16, 16, 40], [16, 16, 0]), heightPx: 40 };
  const [near, far] = await gather(fixture, { ...ALL, viewport, detail: { maxErrorPx: 2 } });
  assertLess(near!.lod, far!.lod);
  // Of a taller picture every node has more pixels.
  const tall = { ...viewport, heightPx: 4000 };
  assertEquals(
    (await gather(fixture, { ...ALL, viewport: tall, detail: { maxErrorPx: 2 } })).map(({ lod }) => lod),
    [0, 0],
  );
  assertClean(fixture);
});

Deno.test("missing regions are asked for in the wanted kind, waited for, and taken as they are built", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const keys = [fixture.paint(1, 1, 1, RED), fixture.paint(30, 30, 30, GREEN)];
  const gathered = gather(fixture, ALL, {}, "esvt");
  await fixture.clock.advanceAsync(0);
  assertEquals(new Set(fixture.requested), new Set(keys));
  assertEquals(fixture.requestedKinds, ["esvt", "esvt"]);
  assertEquals(fixture.streamer.interestIn(fixture.world, keys[0]!).seen, 1);
  assertEquals(fixture.streamer.wantedPayloads(fixture.world, keys[0]!, "esvt"), [], "no frame is sent");
  fixture.build(keys[0]!);
  await fixture.clock.advanceAsync(0);
  assertEquals(fixture.streamer.interestIn(fixture.world, keys[0]!).seen, 0, "it is there");
  fixture.build(keys[1]!);
  const regions = await gathered;
  assertEquals(regions.map(({ tree }) => tree!.kind), ["esvt", "esvt"]);
  assertEquals(regions.flatMap(({ tree }) => colorsOf(tree)).sort(), [GREEN, RED].sort());
  assertClean(fixture);
});

Deno.test("at most 256 regions are waited for at a time", async () => {
  const fixture = new StreamFixture();
  fixture.world = fixture.worlds.create("wide", {
    level: 3,
    depth: 3,
    bounds: { min: [0, 0, 0], max: [32, 32, 32] },
  });
  fixture.streamer.addWorld(fixture.world);
  fixture.autoBuild = false;
  const positions = Array.from({ length: 512 }, (_, i) => [i & 7, (i >> 3) & 7, i >> 6].map((v) => v * 8));
  fixture.world.apply({
    kind: "patch",
    cells: { positions: Uint32Array.from(positions.flat()), colors: new Uint32Array(512).fill(RED) },
  });
  const gathered = gather(fixture, { ...ALL, maxRegions: 512 });
  await fixture.clock.advanceAsync(0);
  assertEquals(fixture.requested.length, 256);
  fixture.build(fixture.requested[0]!);
  await fixture.clock.advanceAsync(0);
  assertEquals(fixture.requested.length, 257);
  fixture.autoBuild = true;
  fixture.buildAll();
  await fixture.clock.advanceAsync(0);
  assertEquals((await gathered).length, 512);
  assertClean(fixture);
});

Deno.test("a region that changes while others are built is taken anew: the view shows one moment", async () => {
  const fixture = new StreamFixture();
  fixture.paint(1, 1, 1, RED);
  fixture.autoBuild = false;
  fixture.paint(30, 30, 30, RED);
  const gathered = gather(fixture);
  await fixture.clock.advanceAsync(0);
  // One change of both, when the first of them has been taken already.
  const positions = Uint32Array.of(1, 1, 1, 30, 30, 30);
  fixture.world.apply({ kind: "patch", cells: { positions, colors: Uint32Array.of(GREEN, GREEN) } });
  for (let i = 0; i < 3; i++) {
    fixture.buildAll();
    await fixture.clock.advanceAsync(0);
  }
  const regions = await gathered;
  assertEquals(regions.map(({ version }) => version), [2, 2]);
  assertEquals(regions.map(({ tree }) => colorsOf(tree)), [[GREEN], [GREEN]]);
  assertClean(fixture);
});

Deno.test("a region that appears meanwhile is in the view", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  fixture.paint(30, 30, 30, RED);
  const gathered = gather(fixture);
  await fixture.clock.advanceAsync(0);
  fixture.paint(1, 1, 1, GREEN);
  for (let i = 0; i < 3; i++) {
    fixture.buildAll();
    await fixture.clock.advanceAsync(0);
  }
  assertEquals((await gathered).length, 2);
  assertClean(fixture);
});

Deno.test("a world that never stands still is not waited for: each region is no older than when it was asked for", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const keys = [fixture.paint(1, 1, 1, RED), fixture.paint(30, 30, 30, RED)];
  const gathered = gather(fixture);
  let builds = 0;
  let isDone = false;
  void gathered.then(() => isDone = true);
  for (let i = 0; !isDone && i < 50; i++) {
    fixture.buildAll();
    builds++;
    // Always one of them is newer than what was taken of it.
    fixture.paint(1, 1, 1, RED + i + 1);
    fixture.paint(30, 30, 30, RED + i + 1);
    await fixture.clock.advanceAsync(0);
  }
  assertEquals((await gathered).map(({ key }) => key).sort(), keys.sort());
  assertLess(builds, 10);
  assertClean(fixture);
});

Deno.test("a region that was emptied is part of the view, without a build", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  const key = fixture.paint(1, 1, 1, RED);
  fixture.paint(1, 1, 1, 0);
  assertEquals(await gather(fixture), [{ key, version: 2, lod: 0, tree: undefined }]);
  const coarse = await gather(fixture, { ...ALL, detail: { lod: 2 } });
  assertEquals(coarse, [{ key, version: 2, lod: 2, tree: undefined }], "as detailed as it was listed");
  assertEquals(fixture.requested, []);
  assertClean(fixture);
});

Deno.test("when the time is over an older version will do, and what was never built is told", async () => {
  const fixture = new StreamFixture();
  const old = fixture.paint(1, 1, 1, RED);
  fixture.autoBuild = false;
  fixture.paint(1, 1, 1, GREEN);
  const gathered = gather(fixture);
  await fixture.clock.advanceAsync(1000);
  assertEquals(shown(await gathered), [[old, 1, 0]]);
  fixture.paint(30, 30, 30, RED);
  const late = gather(fixture);
  const error = assertRejects(() => late, LateRegionsError, "1 of the 2 regions in view are not built yet");
  await fixture.clock.advanceAsync(1000);
  assertEquals((await error).code, "BUSY");
  assertClean(fixture);
});

Deno.test("who goes ends the gathering, which leaves nothing behind", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  fixture.paint(1, 1, 1, RED);
  const controller = new AbortController();
  const gathered = gather(fixture, ALL, { signal: controller.signal });
  await fixture.clock.advanceAsync(0);
  assertEquals(fixture.requested.length, 1);
  controller.abort(new Error("gone"));
  await assertRejects(() => gathered, Error, "gone");
  await assertRejects(() => gather(fixture, ALL, { signal: controller.signal }), Error, "gone");
  assertEquals(fixture.requested.length, 1);
  assertClean(fixture);
});

Deno.test("the end of the world ends it", async () => {
  const fixture = new StreamFixture();
  fixture.autoBuild = false;
  fixture.paint(1, 1, 1, RED);
  const gathered = gather(fixture);
  await fixture.clock.advanceAsync(0);
  fixture.streamer.removeWorld(fixture.world);
  assertEquals((await assertRejects(() => gathered, VoxcastError)).code, "WORLD_NOT_FOUND");
  assertEquals((await assertRejects(() => gather(fixture), VoxcastError)).code, "WORLD_NOT_FOUND");
  fixture.streamer.dispose();
  assertEquals(fixture.clock.pending, 0);
});

/** Two regions of a thousand voxels. */
function full(): StreamFixture {
  const fixture = new StreamFixture();
  const cells = Array.from(
    { length: 1024 },
    (_, i) => [i & 7, (i >> 3) & 7, (i >> 6) & 7].map((v) => v + 8 * (i >> 9)),
  );
  const colors = Uint32Array.from(cells, (_, i) => RED + i);
  fixture.world.apply({ kind: "patch", cells: { positions: Uint32Array.from(cells.flat()), colors } });
  return fixture;
}

Deno.test("more than there is room for loses its finest levels, all of it alike", async () => {
  const fixture = full();
  const whole = await gather(fixture);
  const bytes = whole.reduce((sum, { tree }) => sum + OPTIONS.bytesOf(tree!), 0);
  assertEquals(whole.map(({ lod }) => lod), [0, 0]);
  const cut = await gather(fixture, ALL, { maxBytes: bytes - 1 });
  assertEquals(cut.map(({ lod, tree }) => [lod, tree!.depth]), [[1, 2], [1, 2]]);
  const root = await gather(fixture, ALL, { maxBytes: 40 });
  assertEquals(root.map(({ lod, tree }) => [lod, tree!.depth]), [[3, 0], [3, 0]]);
  assertClean(fixture);
});

Deno.test("what may not be made coarser, or is too much at its coarsest, is refused", async () => {
  const fixture = full();
  const exact = await assertRejects(
    () => gather(fixture, ALL, { maxBytes: 1000, isExact: true }),
    VoxcastError,
  );
  assertEquals(exact.code, "PAYLOAD_TOO_LARGE");
  assertStringIncludes(exact.message, "more than the 1000 bytes that there are at the level of detail");
  const coarsest = await assertRejects(() => gather(fixture, ALL, { maxBytes: 10 }), VoxcastError);
  assertEquals(coarsest.code, "PAYLOAD_TOO_LARGE");
  assertStringIncludes(coarsest.message, "at the coarsest");
  assertClean(fixture);
});

Deno.test("a view of more regions than a picture may show is refused, not cut short", () => {
  const fixture = new StreamFixture();
  for (let i = 0; i < 4; i++) fixture.paint(8 * i, 1, 1, RED);
  const list = (maxRegions: number) =>
    fixture.streamer.picturedRegions(fixture.world, "esvo", { ...ALL, maxRegions });
  assertEquals(list(4).length, 4);
  const error = assertThrows(() => list(3), VoxcastError);
  assertEquals(error.code, "PAYLOAD_TOO_LARGE");
  assertStringIncludes(error.message, "4 regions are in view, and a picture may show 3");
  assertClean(fixture);
});

Deno.test("a view of more than the cache holds makes nobody's detail coarser", async () => {
  const fixture = new StreamFixture({ cacheBytes: 12_000 });
  const client = fixture.connect(look([4, 4, 20], [4, 4, 0]));
  for (let i = 0; i < 16; i++) {
    const cells = Array.from({ length: 64 }, (_, j) => [j & 3, (j >> 2) & 3, j >> 4]);
    const [x, z] = [8 * (i & 3), 8 * (i >> 2)];
    const positions = Uint32Array.from(cells.flatMap(([a, b, c]) => [a! + x, b! + 8, c! + z]));
    fixture.world.apply({
      kind: "patch",
      cells: { positions, colors: Uint32Array.from(cells, (_, j) => RED + j) },
    });
  }
  await fixture.settle(200);
  const before = fixture.cache.heldLod;
  const gathered = gather(fixture);
  await fixture.settle(500);
  assertGreater((await gathered).length, 10);
  assertEquals(fixture.cache.heldLod, before);
  assert(client.frames.length > 0);
  fixture.streamer.dispose();
});
