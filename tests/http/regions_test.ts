import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createTestServer, problemOf, type TestServer } from "./server.ts";

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
