import { assertEquals, assertStringIncludes } from "@std/assert";
import { createTestServer, problemOf } from "./server.ts";

Deno.test("a world is created, listed, shown and deleted", async () => {
  const { call, worlds } = createTestServer();
  const bounds = { min: [-8, -8, -8], max: [8, 8, 8] };
  const created = await call("POST", "/api/worlds", { id: "lab", bounds, level: 1, depth: 3 });
  assertEquals([created.status, created.headers.get("location")], [201, "/api/worlds/lab"]);
  const lab = await created.json();
  assertEquals(lab, {
    id: "lab",
    epoch: worlds.get("lab")!.epoch,
    seq: 0,
    bounds,
    level: 1,
    depth: 3,
    kind: "esvo",
    cell_size: 1,
    regions: 0,
    dirty_regions: 0,
    voxels: 0,
    entities: 0,
    bytes: 0,
    content_bounds: null,
  });
  const list = await (await call("GET", "/api/worlds")).json();
  assertEquals(list.worlds.map(({ id }: { id: string }) => id), ["main", "lab"]);

  await call("POST", "/api/worlds/lab/voxels", { voxels: [{ position: [1, 2, 3], color: "#ffffff" }] });
  const shown = await (await call("GET", "/api/worlds/lab")).json();
  assertEquals([shown.seq, shown.regions, shown.dirty_regions, shown.voxels], [1, 1, 1, 1]);
  assertEquals(shown.content_bounds, { min: [-7, -6, -5], max: [-6, -5, -4] });

  assertEquals((await call("DELETE", "/api/worlds/lab")).status, 204);
  await problemOf(await call("GET", "/api/worlds/lab"), "WORLD_NOT_FOUND");
  await problemOf(await call("DELETE", "/api/worlds/lab"), "WORLD_NOT_FOUND");
});

Deno.test("a world is made in the kind that is asked for, or else in the server's own", async () => {
  const { call, worlds } = createTestServer();
  const created = await (await call("POST", "/api/worlds", { id: "tets", kind: "esvt" })).json();
  assertEquals([created.kind, worlds.get("tets")!.kind], ["esvt", "esvt"]);
  assertEquals((await (await call("GET", "/api/worlds/tets")).json()).kind, "esvt");
  assertEquals((await (await call("POST", "/api/worlds", { id: "plain" })).json()).kind, "esvo");
  await problemOf(await call("POST", "/api/worlds", { id: "a", kind: "mesh" }), "INVALID_FIELD");
  await problemOf(await call("POST", "/api/worlds", { id: "a", kind: 1 }), "INVALID_FIELD");
  assertEquals(worlds.get("a"), undefined);
});

Deno.test("a region that was emptied is not counted as one that holds something", async () => {
  const { call } = createTestServer();
  await call("POST", "/api/worlds/main/voxels", { voxels: [{ position: [1, 2, 3], color: "#ffffff" }] });
  await call("DELETE", "/api/worlds/main/voxels");
  const { regions, dirty_regions: dirty } = await (await call("GET", "/api/worlds/main")).json();
  assertEquals([regions, dirty], [0, 1]);
});

Deno.test("worlds that cannot be are refused with the reason", async () => {
  const { call, worlds } = createTestServer({ limits: { maxWorlds: 2 } });
  const create = (body: unknown) => call("POST", "/api/worlds", body);
  await problemOf(await create({ id: "main" }), "WORLD_EXISTS");
  await problemOf(await create({}), "MISSING_FIELD");
  for (const id of ["", "Main", "a/b", "..", "x".repeat(65), 7]) {
    await problemOf(await create({ id }), "INVALID_FIELD");
  }
  await problemOf(await create({ id: "a", level: 8 }), "INVALID_FIELD");
  await problemOf(await create({ id: "a", depth: 2.5 }), "INVALID_FIELD");
  await problemOf(await create({ id: "a", owner: "me" }), "INVALID_FIELD");
  const flat = { min: [0, 0, 0], max: [8, 8, 4] };
  const problem = await problemOf(await create({ id: "a", bounds: flat }), "INVALID_FIELD");
  assertStringIncludes((problem["detail"] as string).toLowerCase(), "cube");
  assertEquals(worlds.list().length, 1);
  assertEquals((await create({ id: "a" })).status, 201);
  await problemOf(await create({ id: "b" }), "WORLD_LIMIT");
});

Deno.test("a world that goes while a body comes in takes nothing", async () => {
  const server = createTestServer();
  const text = JSON.stringify({ voxels: [{ position: [1, 2, 3], color: "#ffffff" }] });
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      server.worlds.delete("main");
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  }, { highWaterMark: 0 });
  const response = await server.call("POST", "/api/worlds/main/voxels", body, {
    "content-type": "application/json",
  });
  await problemOf(response, "WORLD_NOT_FOUND");
});
