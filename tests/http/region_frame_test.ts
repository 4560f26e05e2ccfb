import { assertEquals, assertStringIncludes } from "@std/assert";
import { inflateSync } from "node:zlib";
import { type DecodedFrame, decodeFrame, payloadId, readFrameHeader } from "../../src/protocol/mod.ts";
import { parseRegionKey } from "../../src/space/mod.ts";
import { bearer, principal } from "./principals.ts";
import { createTestServer, problemOf, type TestServer, type TestServerOptions } from "./server.ts";

const KEY = parseRegionKey("1/0")!;

function paint({ main }: TestServer, color: number): void {
  const cells = { positions: Uint32Array.of(1, 2, 3), colors: Uint32Array.of(color) };
  main.apply({ kind: "patch", cells });
}

/** A voxel in region 1/0. */
function painted(options: TestServerOptions = {}): TestServer {
  const server = createTestServer(options);
  paint(server, 0xff0000ff);
  return server;
}

const get = (server: TestServer, query = "", headers: Record<string, string> = {}, key = "1%2F0") =>
  server.call("GET", `/api/worlds/main/regions/${key}?${query}`, undefined, headers);

async function frameOf(response: Response): Promise<DecodedFrame> {
  const bytes = await response.bytes();
  return decodeFrame(bytes, (deflated) => new Uint8Array(inflateSync(deflated)));
}

/** Lets what waits for resolved promises go on: an answer from the cache takes some dozens of them. */
async function settle(): Promise<void> {
  for (let i = 0; i < 1000; i++) await Promise.resolve();
}

/** Whether a promise is done by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => done = true);
  await settle();
  return done;
}

Deno.test("a region that is not in the cache is built and answered as one full frame of codec 2", async () => {
  const server = painted();
  const response = await get(server);
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/octet-stream"]);
  assertEquals(response.headers.get("etag"), `"${server.main.epoch}-1-0-esvo"`);
  assertEquals(server.regions.requested, [{ key: KEY, kind: "esvo" }]);
  const { header, keys, colors } = await frameOf(response);
  assertEquals([header.version, header.lod, header.codec, header.flags, header.level, header.morton], [
    1,
    0,
    2,
    0,
    1,
    0,
  ]);
  assertEquals([keys.length, [...colors]], [1, [0xff0000ff]]);
});

Deno.test("once built it comes from the cache, at every level of detail and in both kinds", async () => {
  const server = painted();
  await (await get(server)).body?.cancel();
  assertEquals(await isDone(get(server, "lod=2")), true, "nobody waits for what is there");
  const coarse = await get(server, "lod=2");
  assertEquals(coarse.headers.get("etag"), `"${server.main.epoch}-1-2-esvo"`);
  assertEquals((await frameOf(coarse)).header.lod, 2);
  assertEquals(server.regions.requested.length, 1);
  const tets = await get(server, "kind=esvt&lod=1");
  assertEquals(tets.headers.get("etag"), `"${server.main.epoch}-1-1-esvt"`);
  assertEquals(readFrameHeader(await tets.bytes()).format, 2);
  assertEquals(server.regions.requested.at(-1), { key: KEY, kind: "esvt" });
});

Deno.test("defect: If-None-Match * is answered with 304 and the tag of what there is, and with 404 if there is nothing", async () => {
  const server = painted();
  for (const star of ["*", " * "]) {
    const response = await get(server, "lod=1", { "if-none-match": star });
    assertEquals([response.status, await response.text()], [304, ""]);
    assertEquals(response.headers.get("etag"), `"${server.main.epoch}-1-1-esvo"`);
  }
  const other = await get(server, "", { "if-none-match": '"*"' });
  assertEquals([other.status, (await other.bytes()).length > 0], [200, true]);
  assertEquals((await get(server, "", { "if-none-match": "*" }, "1%2F7")).status, 404);
});

Deno.test("an emptied region is an empty frame", async () => {
  const server = painted();
  paint(server, 0);
  const response = await get(server, "lod=2");
  const header = readFrameHeader(await response.bytes());
  assertEquals([header.version, header.lod, header.payloadBytes], [2, 0, 0]);
  assertEquals(response.headers.get("etag"), `"${server.main.epoch}-2-0-esvo"`);
});

Deno.test("304 is only for this epoch, version, detail and kind", async () => {
  const server = painted();
  const { epoch } = server.main;
  const status = async (etag: string, query = "") => {
    const response = await get(server, query, { "if-none-match": etag });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await status(`"${epoch}-1-0-esvo"`), 304);
  assertEquals(server.regions.requested, [], "nothing is built for who has it");
  assertEquals(await status(`W/"${epoch}-1-0-esvo"`), 304);
  assertEquals(await status(`"x", "${epoch}-1-0-esvo"`), 304);
  assertEquals(await status(`"${epoch + 1}-1-0-esvo"`), 200);
  assertEquals(await status(`"${epoch}-1-0-esvt"`), 200);
  assertEquals(await status(`"${epoch}-1-1-esvo"`), 200);
  assertEquals(await status(`"${epoch}-1-1-esvo"`, "lod=1"), 304);
  paint(server, 0xff00ff00);
  assertEquals(await status(`"${epoch}-1-0-esvo"`), 200);
});

Deno.test("a region that is not built in time is 503 with Retry-After, and is not wanted any more then", async () => {
  const server = painted();
  server.regions.autoBuild = false;
  const pending = get(server);
  assertEquals(await isDone(pending), false);
  const { streamer } = server.regions;
  assertEquals(streamer.interestIn(server.main, KEY).seen, 1);
  server.clock.advance(5000);
  const response = await pending;
  assertEquals(response.headers.get("retry-after"), "5");
  assertEquals((await problemOf(response, "BUSY"))["status"], 503);
  assertEquals(streamer.interestIn(server.main, KEY).seen, 0);
});

Deno.test("while a request waits, its kind and level of detail are named to the builder", async () => {
  const server = painted();
  server.regions.autoBuild = false;
  const pending = get(server, "kind=esvt&lod=2");
  await settle();
  const { streamer } = server.regions;
  assertEquals(streamer.wantedKinds(server.main, KEY, 1), ["esvt"]);
  assertEquals(streamer.wantedPayloads(server.main, KEY, "esvt"), [payloadId(2)]);
  server.regions.build(server.main, KEY);
  assertEquals((await frameOf(await pending)).header.lod, 2);
  assertEquals(streamer.wantedPayloads(server.main, KEY, "esvt"), []);
});

Deno.test("a request waits for the version that was the newest when it came, not for later ones", async () => {
  const server = painted();
  await (await get(server)).body?.cancel();
  server.regions.autoBuild = false;
  paint(server, 0xff00ff00);
  const pending = get(server);
  assertEquals(await isDone(pending), false);
  server.regions.build(server.main, KEY);
  paint(server, 0xff0000aa);
  assertEquals((await frameOf(await pending)).header.version, 2);
});

Deno.test("when a build takes too long an older version is better than nothing", async () => {
  const server = painted();
  await (await get(server)).body?.cancel();
  server.regions.autoBuild = false;
  paint(server, 0xff00ff00);
  const pending = get(server);
  await settle();
  server.clock.advance(5000);
  assertEquals((await frameOf(await pending)).header.version, 1);
});

Deno.test("a long poll answers as soon as there is something newer, and with 304 when the time is over", async () => {
  const server = painted();
  const { epoch } = server.main;
  await (await get(server)).body?.cancel();
  const held = { "if-none-match": `"${epoch}-1-0-esvo"` };
  const first = get(server, "wait=20", held);
  assertEquals(await isDone(first), false);
  paint(server, 0xff00ff00);
  server.regions.build(server.main, KEY);
  const answer = await first;
  assertEquals([answer.status, answer.headers.get("etag")], [200, `"${epoch}-2-0-esvo"`]);
  assertEquals((await frameOf(answer)).header.version, 2);
  const second = get(server, "wait=20", { "if-none-match": `"${epoch}-2-0-esvo"` });
  await settle();
  server.clock.advance(19_999);
  assertEquals(await isDone(second), false);
  server.clock.advance(1);
  assertEquals((await second).status, 304);
});

Deno.test("a long poll of who holds something old is answered at once", async () => {
  const server = painted();
  await (await get(server)).body?.cancel();
  paint(server, 0xff00ff00);
  const response = await get(server, "wait=20", { "if-none-match": `"${server.main.epoch}-1-0-esvo"` });
  assertEquals((await frameOf(response)).header.version, 2);
});

Deno.test("a long poll counts as one, other requests for a region as regions", async () => {
  const server = painted({
    principals: { "viewer-key": principal("viewer") },
    config: { limits: { longPollRequests: 1, regionRequests: 2 } },
  });
  const headers = bearer("viewer-key");
  const policy = async (query: string) => {
    const response = await get(server, query, headers);
    await response.body?.cancel();
    return [response.status, response.headers.get("ratelimit-policy")];
  };
  assertEquals(await policy("wait=1"), [200, '"longPolls";q=1;w=60']);
  assertEquals(await policy("wait=1"), [429, '"longPolls";q=1;w=60']);
  assertEquals(await policy(""), [200, '"regions";q=2;w=60']);
});

Deno.test("more waiting requests than are taken are refused, and places come back", async () => {
  const server = painted({ config: { http: { maxWaitingPolls: 2 } } });
  server.regions.autoBuild = false;
  const waiting = [get(server), get(server)];
  await settle();
  const refused = await get(server);
  assertEquals((await problemOf(refused, "BUSY"))["status"], 429);
  assertStringIncludes(await server.deps.metrics.prometheus(), "voxcast_http_waiting_polls 2");
  server.regions.build(server.main, KEY);
  for (const response of await Promise.all(waiting)) await response.body?.cancel();
  assertStringIncludes(await server.deps.metrics.prometheus(), "voxcast_http_waiting_polls 0");
  assertEquals((await get(server)).status, 200);
});

Deno.test("who goes away while he waits is waited for no longer", async () => {
  const server = painted();
  server.regions.autoBuild = false;
  const abort = new AbortController();
  const request = new Request("http://127.0.0.1:7090/api/worlds/main/regions/1%2F0", {
    signal: abort.signal,
  });
  const pending = server.app.fetch(request, {
    remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 50000 },
  });
  await settle();
  const { streamer } = server.regions;
  assertEquals(streamer.interestIn(server.main, KEY).seen, 1);
  abort.abort();
  await pending;
  assertEquals(streamer.interestIn(server.main, KEY).seen, 0);
});

Deno.test("a world that is deleted ends the requests that wait for it", async () => {
  const server = painted();
  server.regions.autoBuild = false;
  const pending = get(server);
  await settle();
  server.worlds.delete("main");
  await problemOf(await pending, "WORLD_NOT_FOUND");
});

Deno.test("what is wrong with a request for a region is said", async () => {
  const server = painted();
  const wrong: [string, string, string, string][] = [
    ["1%2F0", "lod=4", "INVALID_FIELD", "lod: expected a whole number from 0 to 3"],
    ["1%2F0", "lod=-1", "INVALID_FIELD", "lod"],
    ["1%2F0", "kind=cubes", "INVALID_FIELD", "kind"],
    ["1%2F0", "wait=31", "INVALID_FIELD", "wait"],
    ["2%2F0", "", "INVALID_FIELD", "key: expected a key of level 1"],
    ["1%2F8", "", "INVALID_FIELD", "key: expected a key of level 1"],
    ["nonsense", "", "INVALID_FIELD", "key: expected a key of level 1"],
    ["1%2F5", "", "NOT_FOUND", "never held anything in region 1/5"],
  ];
  for (const [key, query, code, words] of wrong) {
    const { detail } = await problemOf(await get(server, query, {}, key), code);
    assertStringIncludes(String(detail), words);
  }
  await problemOf(await server.call("GET", "/api/worlds/none/regions/1%2F0"), "WORLD_NOT_FOUND");
});
