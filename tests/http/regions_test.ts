import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createTestServer, ORIGIN, problemOf, type TestServer } from "./server.ts";

/** Sees the whole of `main` from outside. */
const CAMERA = "eye=8,8,40&look=8,8,8&fov=1.2&aspect=1&near=0.1&far=200";

function paint({ main }: TestServer, x: number, y: number, z: number, color = 0xff0000ff): void {
  const cells = { positions: Uint32Array.of(x, y, z), colors: Uint32Array.of(color) };
  main.apply({ kind: "patch", cells });
}

/** Voxels in regions 1/0, 1/1 and 1/7. */
function painted(): TestServer {
  const server = createTestServer();
  paint(server, 1, 1, 1);
  paint(server, 9, 1, 1);
  paint(server, 9, 9, 9);
  return server;
}

const list = (server: TestServer, query: string, headers: Record<string, string> = {}) =>
  server.call("GET", `/api/worlds/main/regions?${query}`, undefined, headers);

Deno.test("a camera gets what it sees, the nearest first, with version and level of detail", async () => {
  const server = painted();
  const answer = await (await list(server, CAMERA)).json();
  const { epoch } = server.main;
  assertEquals({ ...answer, regions: [] }, { world: "main", epoch, kind: "esvo", level: 1, regions: [] });
  assertEquals(answer.regions, [
    { key: "1/7", version: 1, lod: 1 },
    { key: "1/0", version: 1, lod: 1 },
    { key: "1/1", version: 1, lod: 1 },
  ]);
});

Deno.test("a camera that looks away sees nothing, and one that is near sees more detail", async () => {
  const server = painted();
  const away = await (await list(server, CAMERA.replace("look=8,8,8", "look=8,8,80"))).json();
  assertEquals(away.regions, []);
  const near = await (await list(server, CAMERA.replace("eye=8,8,40", "eye=8,8,20"))).json();
  assertEquals(near.regions[0], { key: "1/7", version: 1, lod: 0 });
});

Deno.test("an emptied region stays in a camera's list, so that who holds it learns of it", async () => {
  const server = painted();
  paint(server, 9, 9, 9, 0);
  const { regions } = await (await list(server, CAMERA)).json();
  assertEquals(regions[0], { key: "1/7", version: 2, lod: 1 });
  const all = await (await list(server, "")).json();
  assertEquals(all.regions.map(({ key }: { key: string }) => key), ["1/0", "1/1"]);
});

Deno.test("without a camera all regions that hold something come in pages", async () => {
  const server = painted();
  const first = await (await list(server, "limit=2")).json();
  assertEquals(first.regions.map(({ key }: { key: string }) => key), ["1/0", "1/1"]);
  assertEquals(first.next, "1/1");
  const second = await (await list(server, `limit=2&after=${encodeURIComponent(first.next)}`)).json();
  assertEquals(second.regions, [{ key: "1/7", version: 1, lod: 0 }]);
  assertEquals(second.next, undefined);
  const exact = await (await list(server, "limit=3")).json();
  assertEquals([exact.regions.length, exact.next], [3, undefined]);
});

Deno.test("the ETag of a list is the same until a version, a detail or the epoch changes", async () => {
  const server = painted();
  const etag = async (query: string) => {
    const response = await list(server, query);
    await response.body?.cancel();
    return response.headers.get("etag")!;
  };
  const before = await etag(CAMERA);
  assertEquals(await etag(CAMERA), before);
  const unchanged = await list(server, CAMERA, { "if-none-match": before });
  assertEquals([unchanged.status, unchanged.headers.get("etag"), await unchanged.text()], [304, before, ""]);
  // Nearer, but no other level of detail: the same list.
  assertEquals(await etag(CAMERA.replace("eye=8,8,40", "eye=8,8,39")), before);
  assertNotEquals(await etag(CAMERA.replace("eye=8,8,40", "eye=8,8,20")), before);
  paint(server, 2, 2, 2);
  assertNotEquals(await etag(CAMERA), before);
  assertEquals((await list(server, CAMERA, { "if-none-match": before })).status, 200);
});

Deno.test("a list of the other kind says so and has another ETag", async () => {
  const server = painted();
  const [esvo, esvt] = await Promise.all([list(server, CAMERA), list(server, `${CAMERA}&kind=esvt`)]);
  assertEquals((await esvt.json()).kind, "esvt");
  assertNotEquals(esvo.headers.get("etag"), esvt.headers.get("etag"));
  await esvo.body?.cancel();
});

Deno.test("what is wrong with a query for regions is said", async () => {
  const server = painted();
  const wrong: [string, string, string][] = [
    ["look=1,1,1", "INVALID_VIEWPORT", "needs 'eye' and 'look'"],
    ["eye=1,1&look=0,0,0", "INVALID_VIEWPORT", "'eye' must be three numbers"],
    ["eye=1,1,x&look=0,0,0", "INVALID_VIEWPORT", "'eye' must be made of finite numbers"],
    ["eye=1,1,1&look=1,1,1", "INVALID_VIEWPORT", "different points"],
    ["eye=1,1,1&look=0,0,0&fov=9", "INVALID_VIEWPORT", "fovY must be between"],
    ["eye=1,1,1e999&look=0,0,0", "INVALID_VIEWPORT", "finite"],
    [`${CAMERA}&height=0.5`, "INVALID_VIEWPORT", "heightPx"],
    [`${CAMERA}&after=1/3`, "INVALID_FIELD", "after: expected a region that this camera sees"],
    ["after=2/0", "INVALID_FIELD", "after: expected a key of level 1"],
    ["limit=0", "INVALID_FIELD", "limit"],
    ["kind=cubes", "INVALID_FIELD", "kind"],
  ];
  for (const [query, code, words] of wrong) {
    const { detail } = await problemOf(await list(server, query), code);
    assert(String(detail).includes(words), `${query}: ${detail}`);
  }
  await problemOf(await server.call("GET", "/api/worlds/none/regions"), "WORLD_NOT_FOUND");
});

Deno.test("what a camera sees comes in pages too, in its own order", async () => {
  const server = painted();
  const first = await (await list(server, `${CAMERA}&limit=2`)).json();
  assertEquals(first.regions.map(({ key }: { key: string }) => key), ["1/7", "1/0"]);
  assertEquals(first.next, "1/0");
  const second = await (await list(server, `${CAMERA}&limit=2&after=${encodeURIComponent(first.next)}`))
    .json();
  assertEquals([second.regions, second.next], [[{ key: "1/1", version: 1, lod: 1 }], undefined]);
});

Deno.test("a camera that sees more than maxRegionsPerView gets the nearest, and how many are left out", async () => {
  const server = createTestServer({ maxRegionsPerView: 2 });
  for (const x of [1, 9]) for (const y of [1, 9]) paint(server, x, y, 1);
  const answer = await (await list(server, CAMERA)).json();
  assertEquals([answer.regions.length, answer.left_out, answer.next], [2, 2, undefined]);
});

Deno.test("all regions come in order of their keys, whatever the order in which they were painted", async () => {
  const server = createTestServer();
  for (const [x, y, z] of [[9, 9, 9], [1, 9, 1], [9, 1, 1], [1, 1, 9], [1, 1, 1]]) paint(server, x!, y!, z!);
  paint(server, 9, 1, 1, 0);
  const keys: string[] = [];
  let next: string | undefined;
  do {
    const after: string = next === undefined ? "" : `&after=${encodeURIComponent(next)}`;
    const page = await (await list(server, `limit=1${after}`)).json();
    keys.push(...page.regions.map(({ key }: { key: string }) => key));
    next = page.next;
  } while (next !== undefined);
  assertEquals(keys, ["1/0", "1/2", "1/4", "1/7"]);
});

/** Whether an answer has come, once all that needs no clock has happened: others that were asked for later have theirs. */
async function isThere(server: TestServer, answer: Promise<Response>): Promise<boolean> {
  let isDone = false;
  void answer.then(() => isDone = true);
  for (let i = 0; i < 5; i++) {
    await server.clock.advanceAsync(0);
    await (await list(server, "")).body?.cancel();
  }
  return isDone;
}

/** The list of the camera, which is waited for, and its tag. */
async function held(server: TestServer): Promise<{ "if-none-match": string }> {
  const response = await list(server, CAMERA);
  await response.body?.cancel();
  return { "if-none-match": response.headers.get("etag")! };
}

Deno.test("a list is waited for: it comes when what it shows has changed, and 304 when the time is over", async () => {
  const server = painted();
  const first = list(server, `${CAMERA}&wait=20`, await held(server));
  assertEquals(await isThere(server, first), false);
  paint(server, 2, 2, 2);
  const answer = await first;
  assertEquals(answer.status, 200);
  const versions = (await answer.json()).regions.map(({ version }: { version: number }) => version);
  assertEquals(versions, [1, 2, 1]);
  const second = list(server, `${CAMERA}&wait=20`, { "if-none-match": answer.headers.get("etag")! });
  assertEquals(await isThere(server, second), false);
  server.clock.advance(20_000);
  assertEquals((await second).status, 304);
  const other = await list(server, `${CAMERA}&wait=20`, { "if-none-match": '"another"' });
  assertEquals(other.status, 200, "who holds something else is answered at once");
  await other.body?.cancel();
  assertEquals((await list(server, `${CAMERA}&wait=20`)).status, 200);
});

Deno.test("what a camera does not see ends no wait, and is looked at no more often than ten times a second", async () => {
  const server = painted();
  let views = 0;
  const { streamer } = server.regions;
  const regionsInView = streamer.regionsInView.bind(streamer);
  streamer.regionsInView = (...asked) => {
    views++;
    return regionsInView(...asked);
  };
  const away = CAMERA.replace("look=8,8,8", "look=8,8,80");
  const empty = await list(server, away);
  await empty.body?.cancel();
  const waiting = list(server, `${away}&wait=20`, { "if-none-match": empty.headers.get("etag")! });
  await isThere(server, waiting);
  views = 0;
  for (let i = 0; i < 10; i++) paint(server, 1, 1, 1, 0xff000000 + i);
  assertEquals(
    [await isThere(server, waiting), views],
    [false, 0],
    "a region that was there already, and is not in the list",
  );
  server.clock.advance(100);
  const cells = [[9, 1, 9], [1, 9, 1], [9, 9, 1], [1, 1, 9]] as const;
  for (const [x, y, z] of cells) {
    paint(server, x, y, z);
    assertEquals(await isThere(server, waiting), false);
  }
  assertEquals(views, 1, "the others are looked at together");
  server.clock.advance(100);
  assertEquals([await isThere(server, waiting), views], [false, 2]);
  server.clock.advance(20_000);
  assertEquals((await waiting).status, 304);
});

Deno.test("who waits for a list is let go when the world is deleted, and takes one of the places", async () => {
  const server = createTestServer({ config: { http: { maxWaitingPolls: 1 } } });
  paint(server, 1, 1, 1);
  const headers = await held(server);
  const waiting = list(server, `${CAMERA}&wait=20`, headers);
  assertEquals(await isThere(server, waiting), false);
  await problemOf(await list(server, `${CAMERA}&wait=20`, headers), "BUSY");
  server.worlds.delete("main");
  await problemOf(await waiting, "WORLD_NOT_FOUND");
  assertEquals(server.clock.pending, 1, "the streamer's own");
});

Deno.test("who goes away while he waits for a list is waited for no longer, nor who went before", async () => {
  const server = painted();
  const headers = await held(server);
  const timers = server.clock.pending;
  const leave = new AbortController();
  const info = { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 50000 } } as const;
  for (const signal of [leave.signal, AbortSignal.abort()]) {
    const request = new Request(`${ORIGIN}/api/worlds/main/regions?${CAMERA}&wait=20`, { headers, signal });
    const waiting = Promise.resolve(server.app.fetch(request, info));
    if (!signal.aborted) assertEquals(await isThere(server, waiting), false);
    leave.abort();
    assertEquals([(await waiting).status, server.clock.pending], [304, timers]);
  }
});

Deno.test("those who wait for news leave a quarter of the places to those who want something now", async () => {
  const server = createTestServer({ config: { http: { maxWaitingPolls: 4 } } });
  paint(server, 1, 1, 1);
  const headers = await held(server);
  const waiting = [1, 2, 3].map(() => list(server, `${CAMERA}&wait=20`, headers));
  assertEquals(await isThere(server, Promise.race(waiting)), false);
  await problemOf(await list(server, `${CAMERA}&wait=20`, headers), "BUSY");
  const frame = await server.call("GET", "/api/worlds/main/regions/1%2F0");
  assertEquals([frame.status, (await frame.arrayBuffer()).byteLength > 0], [200, true]);
  server.clock.advance(20_000);
  assertEquals((await Promise.all(waiting)).map(({ status }) => status), [304, 304, 304]);
  const again = list(server, `${CAMERA}&wait=20`, headers);
  assertEquals(await isThere(server, again), false, "places come back");
  server.clock.advance(20_000);
  await again;
});

Deno.test("only a list for a camera is waited for, and not for longer than is granted", async () => {
  const server = painted();
  await problemOf(await list(server, "wait=1", { "if-none-match": '"x"' }), "INVALID_FIELD");
  await problemOf(await list(server, `${CAMERA}&wait=31`), "INVALID_FIELD");
});
