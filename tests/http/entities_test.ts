import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { createTestServer, problemOf } from "./server.ts";

const BOX = { type: "fish", position: [4, 4, 4], size: [1, 1, 1], color: "#ff0000" };

Deno.test("PUT creates an entity with 201, replaces it with 200, and GET shows it", async () => {
  const { call, main } = createTestServer();
  const created = await call("PUT", "/api/worlds/main/entities/nemo", { ...BOX, source: "school" });
  assertEquals(created.status, 201);
  const shown = { id: "nemo", ...BOX, material: 0, source: "school" };
  assertEquals(await created.json(), shown);
  const replaced = await call("PUT", "/api/worlds/main/entities/nemo", { ...BOX, color: "#00ff0080" });
  assertEquals(replaced.status, 200);
  const after = await (await call("GET", "/api/worlds/main/entities/nemo")).json();
  assertEquals(after, { ...shown, color: "#00ff0080", source: "rest" });
  assertEquals(main.entity("nemo")!.color, 0x8000ff00);
  // What GET shows can be put again.
  assertEquals((await call("PUT", "/api/worlds/main/entities/nemo", after)).status, 200);
});

Deno.test("PATCH changes the given fields only", async () => {
  const { call, main } = createTestServer();
  await call("PUT", "/api/worlds/main/entities/a", BOX);
  const response = await call("PATCH", "/api/worlds/main/entities/a", { position: [8, 8, 8] });
  assertEquals(response.status, 200);
  assertEquals((await response.json()).position, [8, 8, 8]);
  assertEquals(main.entity("a")!.color, 0xff0000ff);
});

Deno.test("DELETE removes an entity and answers with the change", async () => {
  const { call, main } = createTestServer();
  await call("PUT", "/api/worlds/main/entities/a", BOX);
  const response = await call("DELETE", "/api/worlds/main/entities/a");
  assertEquals(await response.json(), { seq: 2, epoch: main.epoch });
  await problemOf(await call("GET", "/api/worlds/main/entities/a"), "ENTITY_NOT_FOUND");
  await problemOf(await call("DELETE", "/api/worlds/main/entities/a"), "ENTITY_NOT_FOUND");
  await problemOf(await call("PATCH", "/api/worlds/main/entities/a", { type: "x" }), "ENTITY_NOT_FOUND");
});

Deno.test("an id with slashes and signs is reached percent-encoded", async () => {
  const { call, main } = createTestServer();
  const id = "tank/ä b?#%2F";
  assertEquals((await call("PUT", `/api/worlds/main/entities/${encodeURIComponent(id)}`, BOX)).status, 201);
  assertEquals([...main.entities()].map((entity) => entity.id), [id]);
  assertEquals((await call("GET", `/api/worlds/main/entities/${encodeURIComponent(id)}`)).status, 200);
});

Deno.test("faults of an entity are named by field, and leave the world as it was", async () => {
  const { call, main } = createTestServer();
  const put = (body: unknown) => call("PUT", "/api/worlds/main/entities/a", body);
  const missing = await problemOf(
    await put({ type: "fish", size: [1, 1, 1], color: "#ff0000" }),
    "MISSING_FIELD",
  );
  assertStringIncludes(missing["detail"] as string, "position");
  for (
    const wrong of [{ size: [1, 0, 1] }, { color: "red" }, { position: [1, 2] }, { colour: "#ffffff" }, {
      material: 256,
    }, { color: "#ff000000" }]
  ) {
    await problemOf(await put({ ...BOX, ...wrong }), "INVALID_FIELD");
  }
  await problemOf(await put({ ...BOX, position: [16, 0, 0] }), "OUT_OF_BOUNDS");
  await problemOf(await put({ ...BOX, id: "b" }), "CONFLICTING_FIELD");
  await problemOf(await put([]), "INVALID_FIELD");
  await problemOf(await call("PUT", "/api/worlds/nowhere/entities/a", BOX), "WORLD_NOT_FOUND");
  assertEquals([main.seq, main.entityCount], [0, 0]);
});

Deno.test("pages of entities hold each exactly once, also when the last one shown is removed in between", async () => {
  for (const removes of [false, true]) {
    const { call } = createTestServer();
    const put = Array.from({ length: 25 }, (_, i) => ({ id: `e${i}`, ...BOX }));
    await call("POST", "/api/worlds/main/entities/bulk", { source: "s", put });
    const seen: string[] = [];
    let after = "";
    for (let pages = 0; pages < 10; pages++) {
      const response = await call("GET", `/api/worlds/main/entities?limit=10${after}`);
      const page = await response.json() as { entities: { id: string }[]; next: string | null };
      seen.push(...page.entities.map(({ id }) => id));
      if (page.next === null) break;
      if (removes) await call("DELETE", `/api/worlds/main/entities/${seen.at(-1)}`);
      after = `&after=${page.next}`;
    }
    assertEquals(seen, put.map(({ id }) => id));
  }
});

Deno.test("a page has bounds", async () => {
  const { call } = createTestServer();
  await problemOf(await call("GET", "/api/worlds/main/entities?limit=0"), "INVALID_FIELD");
  await problemOf(await call("GET", "/api/worlds/main/entities?limit=1001"), "INVALID_FIELD");
  await problemOf(await call("GET", "/api/worlds/main/entities?after=x"), "INVALID_FIELD");
});

Deno.test("bulk without atomic reports bad items by index and lets the rest stand", async () => {
  const { call, main } = createTestServer();
  await call("PUT", "/api/worlds/main/entities/old", BOX);
  const response = await call("POST", "/api/worlds/main/entities/bulk", {
    source: "flock",
    put: [
      { id: "a", ...BOX },
      { id: "b", ...BOX, size: "big" },
      7,
      { id: "c", ...BOX, position: [99, 0, 0] },
      {
        id: "d",
        ...BOX,
      },
    ],
    patch: [{ color: "#ffffff" }, { id: "ghost", color: "#ffffff" }, { id: "a", color: "#0000ff" }],
    remove: [false, "old", "ghost"],
  });
  assertEquals(response.status, 200);
  const body = await response.json();
  const errors = body.errors.map((
    error: Record<string, unknown>,
  ) => [error["path"], error["index"], error["code"]]);
  assertEquals(errors, [
    ["put.1.size", 1, "INVALID_FIELD"],
    ["put.2", 2, "INVALID_FIELD"],
    ["patch.0.id", 0, "MISSING_FIELD"],
    ["remove.0", 0, "INVALID_FIELD"],
    ["remove.2.id", 2, "ENTITY_NOT_FOUND"],
    ["put.3.position", 3, "OUT_OF_BOUNDS"],
    ["patch.1.id", 1, "ENTITY_NOT_FOUND"],
  ]);
  assertEquals([body.applied, body.error_count, body.seq, body.epoch], [4, 7, main.seq, main.epoch]);
  assertEquals([...main.entities()].map(({ id }) => id), ["a", "d"]);
  assertEquals(main.entity("a")!.color, 0xffff0000);
  assertEquals(main.entity("a")!.source, "flock");
});

Deno.test("bulk with atomic refuses all for one bad item, found by the schema or by the world", async () => {
  const { call, main } = createTestServer();
  const bulk = (put: unknown[]) =>
    call("POST", "/api/worlds/main/entities/bulk", { source: "s", atomic: true, put });
  const bad = await problemOf(await bulk([{ id: "a", ...BOX }, { id: "b" }]), "MISSING_FIELD");
  assertStringIncludes(bad["detail"] as string, "Nothing was changed");
  assertEquals((bad["errors"] as { index: number }[])[0]!.index, 1);
  const outside = await problemOf(
    await bulk([{ id: "a", ...BOX }, { id: "b", ...BOX, position: [-1, 0, 0] }]),
    "OUT_OF_BOUNDS",
  );
  assertEquals((outside["errors"] as { path: string }[])[0]!.path, "put.1.position");
  assertEquals([main.seq, main.entityCount], [0, 0]);
  assertEquals((await bulk([{ id: "a", ...BOX }])).status, 200);
  assertEquals(main.entityCount, 1);
});

Deno.test("a bulk body with more items than a world holds is refused before they are looked at", async () => {
  const { call } = createTestServer({ config: { world: { maxEntitiesPerWorld: 3 } } });
  const body = { source: "s", remove: ["a", "b", "c", "d"] };
  await problemOf(await call("POST", "/api/worlds/main/entities/bulk", body), "PAYLOAD_TOO_LARGE");
});

Deno.test("thousands of bad items are counted and a thousand of them listed", async () => {
  const { call } = createTestServer();
  const put = Array.from({ length: 5000 }, () => 0);
  const body = await (await call("POST", "/api/worlds/main/entities/bulk", { source: "s", put })).json();
  assertEquals([body.errors.length, body.error_count, body.applied], [1000, 5000, 0]);
  const response = await call("POST", "/api/worlds/main/entities/bulk", { source: "s", put, atomic: true });
  const problem = await problemOf(response, "INVALID_FIELD");
  assert((problem["errors"] as unknown[]).length <= 1000);
  assertGreater((problem["detail"] as string).indexOf("5000"), 0);
});
