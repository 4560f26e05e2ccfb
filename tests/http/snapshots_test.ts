import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { TraceError, type TraceErrorKind } from "../../src/trace/mod.ts";
import { fitBounds } from "../../src/viewport/mod.ts";
import { paint, painted, pick } from "./pictured_world.ts";
import { bearer, principal } from "./principals.ts";
import { createTestServer, problemOf, type TestServer } from "./server.ts";

const CAMERA = "eye=8,8,40&lookAt=8,8,8";

function get(
  { call }: TestServer,
  query: string = CAMERA,
  headers: Record<string, string> = {},
): Promise<Response> {
  return call("GET", `/api/worlds/main/snapshot.png?${query}`, undefined, headers);
}

async function tagOf(server: TestServer, query?: string): Promise<string> {
  const response = await get(server, query);
  assertEquals([response.status, response.headers.get("content-type")], [200, "image/png"]);
  await response.body?.cancel();
  return response.headers.get("etag")!;
}

/** Lets what waits for resolved promises and hashes go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("a picture is a PNG of the size that is asked for, or 640 wide and 16:9", async () => {
  const server = painted();
  for (
    const [query, size] of [
      ["", [640, 360]],
      ["width=320", [320, 180]],
      ["height=90", [160, 90]],
      [`${CAMERA}&width=50&height=70&fovY=1.2&up=1,0,0`, [50, 70]],
    ] as const
  ) {
    const response = await get(server, query);
    assertEquals([response.status, response.headers.get("content-type")], [200, "image/png"]);
    assertEquals(response.headers.get("cache-control"), "no-cache");
    assertMatch(response.headers.get("etag")!, /^"[^"]+"$/);
    const png = await response.bytes();
    assertEquals(response.headers.get("content-length"), String(png.length));
    const { width, height } = PNG.sync.read(Buffer.from(png));
    assertEquals([width, height], [...size]);
  }
  const { camera, world } = server.tracer.asked.at(-1)!;
  assertEquals(camera, {
    eye: [8, 8, 40],
    lookAt: [8, 8, 8],
    up: [1, 0, 0],
    fovY: 1.2,
    widthPx: 50,
    heightPx: 70,
  });
  assertEquals([world.kind, world.regions.length, world.regions[0]!.version], ["esvo", 1, 1]);
});

Deno.test("without a camera all that the world holds fits in, seen as the viewer first sees it", async () => {
  const server = painted();
  await tagOf(server, "");
  const { camera, world } = server.tracer.asked[0]!;
  // The middle of the only voxel.
  assertEquals(camera.lookAt, [6.5, 6.5, 6.5]);
  const lens = { fovY: camera.fovY, aspectRatio: 16 / 9, nearPlane: 1e-9 };
  const { eye } = fitBounds({ min: [6, 6, 6], max: [7, 7, 7] }, lens);
  camera.eye.forEach((value, axis) => assertAlmostEquals(value, eye[axis]!, 1e-9));
  assertEquals(world.regions.length, 1);
  const empty = createTestServer();
  await tagOf(empty, "");
  assertEquals([empty.tracer.asked[0]!.camera.lookAt, empty.tracer.asked[0]!.world.regions], [[8, 8, 8], []]);
});

Deno.test("who looks straight down or up without saying what is up gets a picture", async () => {
  const server = painted();
  for (const eye of ["8,100,8", "8,-100,8"]) await tagOf(server, `eye=${eye}&lookAt=8,8,8`);
  assertEquals(server.tracer.asked.map(({ camera }) => camera.up), [[0, 0, -1], [0, 0, -1]]);
});

Deno.test("If-None-Match with the tag is answered with 304, and nothing is built or traced for it", async () => {
  const server = painted();
  const tag = await tagOf(server);
  assertEquals([server.tracer.asked.length, server.regions.requested.length], [1, 1]);
  // A second server that has built and traced nothing, with the same world in it.
  server.regions.autoBuild = false;
  for (const held of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    const response = await get(server, CAMERA, { "if-none-match": held });
    assertEquals([held, response.status, await response.text()], [held, 304, ""]);
    assertEquals([response.headers.get("etag"), response.headers.get("cache-control")], [tag, "no-cache"]);
  }
  assertEquals((await get(server, CAMERA, { "if-none-match": '"other"' })).status, 200);
  assertEquals([server.tracer.asked.length, server.regions.requested.length], [1, 1]);
  assertEquals([server.snapshots.status().unchanged, server.snapshots.status().cacheHits], [4, 1]);
});

Deno.test("the tag stands for camera, size, kind, level of detail, and what is in view", async () => {
  const server = painted();
  const base = await tagOf(server);
  const tags = new Set([base]);
  for (
    const other of [
      "eye=8,8,41&lookAt=8,8,8",
      "eye=8,8,40&lookAt=8,8,7",
      `${CAMERA}&fovY=1`,
      `${CAMERA}&up=1,1,0`,
      `${CAMERA}&width=100`,
      `${CAMERA}&kind=esvt`,
      `${CAMERA}&lod=2`,
    ]
  ) tags.add(await tagOf(server, other));
  assertEquals(tags.size, 8);
  assertEquals(await tagOf(server), base, "and for nothing else");
  paint(server, 0xff00ff00);
  const edited = await tagOf(server);
  assertNotEquals(edited, base);
  // Neither in view nor between it and the sun.
  const corner = "eye=15,15,40&lookAt=15,15,8&fovY=0.05";
  paint(server, 0xff00ff00, [15, 15, 15]);
  const before = await tagOf(server, corner);
  paint(server, 0xff0000ff);
  assertEquals(await tagOf(server, corner), before);
  // Behind the camera, and it throws its shadow into the picture.
  const low = "eye=2,2,7&lookAt=2,2,0&fovY=0.05";
  const lit = await tagOf(server, low);
  paint(server, 0xffff0000, [15, 15, 15]);
  assertNotEquals(await tagOf(server, low), lit);
});

Deno.test("the same world made anew has other tags", async () => {
  const tags = [];
  const server = painted();
  tags.push(await tagOf(server));
  const { grid } = server.main;
  server.worlds.delete("main");
  const again = server.worlds.create("main", { bounds: grid.bounds, level: grid.level, depth: grid.depth });
  paint({ ...server, main: again }, 0xff0000ff);
  tags.push(await tagOf(server));
  assertNotEquals(tags[0], tags[1]);
});

Deno.test("what was made once is not made again, in so many bytes as are given", async () => {
  const server = painted({ config: { snapshots: { maxCacheBytes: 1500 } } });
  const size = (n: number) => `${CAMERA}&width=8&height=${n}`;
  for (const n of [8, 8, 9, 8, 9]) await tagOf(server, size(n));
  assertEquals([server.tracer.asked.length, server.snapshots.status().cacheHits], [2, 3]);
  for (const n of [10, 11, 12, 13]) await tagOf(server, size(n));
  assert(server.snapshots.status().cachedBytes <= 1500);
  await tagOf(server, size(8));
  assertEquals(server.tracer.asked.length, 7, "the first was forgotten");
  const none = painted({ config: { snapshots: { maxCacheBytes: 0 } } });
  for (let i = 0; i < 2; i++) await tagOf(none);
  assertEquals([none.tracer.asked.length, none.snapshots.status().cachedBytes], [2, 0]);
});

Deno.test("equal requests at a time share one trace, which is given up when all of them have gone", async () => {
  const server = painted();
  server.tracer.autoFinish = false;
  const clients = [0, 1].map(() => new AbortController());
  const ask = (signal: AbortSignal) =>
    server.app.fetch(
      new Request(`http://127.0.0.1:7090/api/worlds/main/snapshot.png?${CAMERA}`, { signal }),
      {
        remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
      },
    );
  const answers = clients.map(({ signal }) => ask(signal));
  await settle();
  assertEquals([server.tracer.asked.length, server.snapshots.status().shared], [1, 1]);
  clients[0]!.abort();
  await answers[0];
  assertEquals(server.tracer.asked[0]!.signal?.aborted, false, "somebody still waits");
  server.tracer.asked[0]!.finish();
  assertEquals((await answers[1])!.status, 200);
  const last = new AbortController();
  const alone = server.app.fetch(
    new Request("http://127.0.0.1:7090/api/worlds/main/snapshot.png?width=32", { signal: last.signal }),
    { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 } },
  );
  await settle();
  assertEquals(server.tracer.asked.length, 2);
  last.abort();
  await alone;
  await settle();
  assertEquals(server.tracer.asked[1]!.signal?.aborted, true);
  assertEquals([server.snapshots.status().inWork, server.snapshots.status().refused.gone], [0, 2]);
});

Deno.test("only so many pictures are made at a time; one more is 429 with Retry-After", async () => {
  const server = painted({ config: { snapshots: { maxAtOnce: 2 } } });
  server.tracer.autoFinish = false;
  const making = ["width=32", "width=33"].map((query) => get(server, query));
  await settle();
  const refused = await get(server, "width=34");
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "5"]);
  await problemOf(refused, "BUSY");
  // One that joins another costs nothing.
  const joined = get(server, "width=32");
  await settle();
  for (const { finish } of server.tracer.asked) finish();
  assertEquals((await Promise.all([...making, joined])).map(({ status }) => status), [200, 200, 200]);
  server.tracer.autoFinish = true;
  assertEquals((await get(server, "width=34")).status, 200);
  assertEquals(server.snapshots.status().refused.busy, 1);
});

Deno.test("regions that are not built in time, and a trace that takes too long, are 503 with Retry-After", async () => {
  const server = painted({ config: { snapshots: { buildWaitMs: 500, traceTimeoutMs: 700 } } });
  server.regions.autoBuild = false;
  const unbuilt = get(server);
  await settle();
  server.clock.advance(500);
  const late = await unbuilt;
  assertEquals([late.status, late.headers.get("retry-after")], [503, "5"]);
  assertMatch(
    String((await problemOf(late, "BUSY"))["detail"]),
    /^1 of the 1 regions in view are not built yet/,
  );
  server.regions.autoBuild = true;
  server.tracer.autoFinish = false;
  const slow = get(server);
  await settle();
  server.clock.advance(700);
  assertStringIncludes(String((await problemOf(await slow, "BUSY"))["detail"]), "longer than 700 ms");
  assertEquals((await slow).status, 503);
  assertEquals(server.snapshots.status().refused.late, 2);
});

Deno.test("what cannot be pictured is refused with what was expected, before any work", async () => {
  const server = painted({
    config: { snapshots: { maxWidthPx: 1000, maxHeightPx: 500 }, trace: { maxPicturePixels: 300_000 } },
  });
  const cases: [query: string, code: string, detail: string][] = [
    ["eye=NaN,0,0&lookAt=1,1,1", "INVALID_VIEWPORT", "'eye' must be made of finite numbers"],
    ["eye=1e999,0,0&lookAt=1,1,1", "INVALID_VIEWPORT", "eye must have three finite numbers"],
    ["eye=Infinity,0,0&lookAt=1,1,1", "INVALID_VIEWPORT", "'eye' must be made of finite numbers"],
    ["eye=1,2&lookAt=1,1,1", "INVALID_VIEWPORT", "'eye' must be three numbers"],
    ["eye=1,2,3", "INVALID_VIEWPORT", "both 'eye' and 'lookAt'"],
    ["lookAt=1,2,3", "INVALID_VIEWPORT", "both 'eye' and 'lookAt'"],
    ["eye=1,1,1&lookAt=1,1,1", "INVALID_VIEWPORT", "eye and lookAt must be different points"],
    [`${CAMERA}&up=0,0,0`, "INVALID_VIEWPORT", "up must not be zero"],
    [`${CAMERA}&up=0,0,1`, "INVALID_VIEWPORT", "up must not be parallel"],
    [`${CAMERA}&fovY=0`, "INVALID_VIEWPORT", "fovY must be between 0 and pi radians, not 0"],
    ["fovY=-1", "INVALID_VIEWPORT", "fovY must be between 0 and pi radians, not -1"],
    ["fovY=50", "INVALID_VIEWPORT", "fovY must be between 0 and pi radians, not 50"],
    ["fovY=NaN", "INVALID_VIEWPORT", "'fovY' must be made of finite numbers"],
    ["eye=1e9,0,0&lookAt=0,0,0", "INVALID_VIEWPORT", "the camera is too far away"],
    ["width=0", "INVALID_FIELD", "width: "],
    ["width=-5", "INVALID_FIELD", "width: "],
    ["width=abc", "INVALID_FIELD", "width: "],
    ["width=3.5", "INVALID_FIELD", "width: "],
    ["width=1001&height=10", "INVALID_FIELD", "width: expected a whole number of pixels from 1 to 1000"],
    ["width=1e300", "INVALID_FIELD", "width: "],
    ["width=10&height=501", "INVALID_FIELD", "height: expected a whole number of pixels from 1 to 500"],
    ["width=1000&height=500", "INVALID_FIELD", "expected at most 300000 pixels, not 1000 x 500"],
    ["lod=4", "INVALID_FIELD", "lod: expected a whole number from 0 to 3"],
    ["lod=-1", "INVALID_FIELD", "lod: "],
    ["kind=cubes", "INVALID_FIELD", "kind: "],
  ];
  for (const [query, code, detail] of cases) {
    const response = await get(server, query);
    assertEquals([query, response.status], [query, 400]);
    assertStringIncludes(String((await problemOf(response, code))["detail"]), detail);
  }
  assertEquals([server.tracer.asked, server.regions.requested], [[], []]);
  const nowhere = await server.call("GET", "/api/worlds/nowhere/snapshot.png");
  await problemOf(nowhere, "WORLD_NOT_FOUND");
  await problemOf(await server.call("POST", "/api/worlds/main/snapshot.png"), "METHOD_NOT_ALLOWED");
});

Deno.test("a view of more regions, or of more bytes at a chosen detail, than there may be is refused with 413", async () => {
  const server = painted({
    config: { snapshots: { maxRegions: 8 }, trace: { maxSceneBytes: 1 << 20, poolSize: 64 } },
  });
  const cells = Array.from({ length: 4096 }, (_, i) => [i & 15, (i >> 4) & 15, i >> 8]);
  server.main.apply({
    kind: "patch",
    cells: {
      positions: Uint32Array.from(cells.flat()),
      colors: Uint32Array.from(cells, (_, i) => 0xff000000 + i),
    },
  });
  const response = await get(server, `${CAMERA}&lod=0`);
  await problemOf(response, "PAYLOAD_TOO_LARGE");
  assertEquals(await tagOf(server), await tagOf(server), "without a chosen detail it is made coarser");
  const { regions } = server.tracer.asked[0]!.world;
  assert(regions.length > 0 && regions.every(({ lod, tree }) => lod > 0 && lod + tree.depth === 3));
  assertEquals(server.snapshots.status().refused["too-large"], 1);
});

Deno.test("what befalls the tracer is told by its kind, and nothing of its words where the server failed", async () => {
  const cases: [TraceErrorKind, number, string][] = [
    ["busy", 429, "BUSY"],
    ["too-large", 413, "PAYLOAD_TOO_LARGE"],
    ["timeout", 503, "BUSY"],
    ["failed", 500, "INTERNAL"],
    ["closed", 503, "SHUTTING_DOWN"],
  ];
  for (const [kind, status, code] of cases) {
    const server = painted();
    server.tracer.error = new TraceError(kind, "words of the tracer");
    for (const response of [await get(server), await pick(server, { x: 0.5, y: 0.5 })]) {
      assertEquals([kind, response.status], [kind, status]);
      const { detail } = await problemOf(response, code);
      assertEquals(String(detail).includes("words of the tracer"), status !== 500);
    }
    server.tracer.error = undefined;
    assertEquals((await get(server)).status, 200, "the next one is made");
  }
});

Deno.test("HEAD has the same headers and no body, and what it made is there for the next GET", async () => {
  const server = painted();
  const head = await server.call("HEAD", `/api/worlds/main/snapshot.png?${CAMERA}`);
  assertEquals([head.status, head.headers.get("content-type"), await head.text()], [200, "image/png", ""]);
  const response = await get(server);
  assertEquals((await response.bytes()).length, Number(head.headers.get("content-length")));
  assertEquals(response.headers.get("etag"), head.headers.get("etag"));
  assertEquals(server.tracer.asked.length, 1);
});

Deno.test("a thumbnail is a small square of all that there is, with a tag of its own", async () => {
  const server = painted();
  const ask = (headers: Record<string, string> = {}, query = "") =>
    server.call("GET", `/api/worlds/main/thumbnail.png${query}`, undefined, headers);
  const response = await ask();
  const { width, height } = PNG.sync.read(Buffer.from(await response.bytes()));
  assertEquals([response.status, width, height], [200, 256, 256]);
  const tag = response.headers.get("etag")!;
  assertEquals((await ask({ "if-none-match": tag })).status, 304);
  assertEquals((await ask()).status, 200);
  assertEquals(server.tracer.asked.length, 1);
  const tets = await ask({}, "?kind=esvt");
  assertEquals([tets.status, server.tracer.asked[1]!.world.kind], [200, "esvt"]);
  await problemOf(await ask({}, "?kind=cubes"), "INVALID_FIELD");
  paint(server, 0xff00ff00, [15, 15, 15]);
  assertNotEquals((await ask()).headers.get("etag"), tag);
});

Deno.test("pictures and picks have limits of their own, with headers", async () => {
  const server = painted({
    principals: { "a-key": principal("viewer") },
    config: { limits: { pictureRequests: 2, pickRequests: 1 } },
  });
  const ask = () => get(server, CAMERA, bearer("a-key"));
  const first = await ask();
  assertEquals(first.headers.get("ratelimit-policy"), '"pictures";q=2;w=60');
  assertEquals((await ask()).status, 200);
  const refused = await ask();
  assertEquals([refused.status, refused.headers.get("ratelimit-remaining")], [429, "0"]);
  assertNotEquals(refused.headers.get("retry-after"), null);
  assertStringIncludes(String((await problemOf(refused, "RATE_LIMITED"))["detail"]), '"pictures"');
  assertEquals(
    (await pick(server, { x: 0, y: 0 }, "a-key")).headers.get("ratelimit-policy"),
    '"picks";q=1;w=60',
  );
  assertEquals((await pick(server, { x: 0, y: 0 }, "a-key")).status, 429);
});

Deno.test("numbers of pictures are among the metrics, the time of a trace by what traced it", async () => {
  const server = painted();
  await tagOf(server);
  await tagOf(server);
  await get(server, "width=0");
  await pick(server, { x: 0.5, y: 0.5 });
  const { pictures, cacheHits, picks, refused } = server.snapshots.status();
  assertEquals([pictures, cacheHits, picks, refused.invalid], [1, 1, 1, 0], "the router refused it");
  await get(server, "lod=9");
  assertEquals(server.snapshots.status().refused.invalid, 1);
  const text = await (await server.call("GET", "/api/metrics?format=prometheus")).text();
  assertStringIncludes(text, 'voxcast_snapshot_trace_ms_sum{backend="cpu"} 5');
  // The rest is what the server reports; here the fixed numbers of the tests.
  assertStringIncludes(text, 'voxcast_snapshot_refused_total{reason="too-large"} 68');
  assertStringIncludes(text, "voxcast_snapshot_cache_hits_total 62");
});

Deno.test("a world that is deleted while its picture is made is gone, as for whoever asks later", async () => {
  const server = painted();
  server.regions.autoBuild = false;
  const answer = get(server);
  await settle();
  server.worlds.delete("main");
  await problemOf(await answer, "WORLD_NOT_FOUND");
  await problemOf(await get(server), "WORLD_NOT_FOUND");
});

Deno.test("whoever waits when the server ends is told so, not that the world is gone", async () => {
  const server = painted();
  server.regions.autoBuild = false;
  const waiting = [get(server), pick(server, { x: 0.5, y: 0.5 })];
  await settle();
  await server.snapshots.close();
  server.regions.streamer.dispose();
  for (const response of await Promise.all(waiting)) {
    assertEquals(response.status, 503);
    await problemOf(response, "SHUTTING_DOWN");
  }
});

Deno.test("nodes of at most a pixel are one level finer in tetrees, whose nodes are of two cells an edge", async () => {
  const server = painted();
  // Two cells have a pixel from 137 units on, four from 275.
  const query = "eye=8,8,220&lookAt=8,8,8&width=64&height=64";
  for (const kind of ["esvo", "esvt"]) await tagOf(server, `${query}&kind=${kind}`);
  assertEquals(server.tracer.asked.map(({ world }) => world.regions.map(({ lod }) => lod)), [[1], [0]]);
});
