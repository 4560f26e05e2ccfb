import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { encodePatch, PATCH_MEDIA_TYPE } from "../../src/protocol/mod.ts";
import { isVoxel } from "../../src/http/voxel_items.ts";
import { voxelSchema } from "../../src/http/schemas.ts";
import { createTestServer, problemOf, type TestServer } from "./server.ts";
import { runs } from "../support/runs.ts";

const VOXELS = "/api/worlds/main/voxels";
const BINARY = { "content-type": PATCH_MEDIA_TYPE };

interface Read {
  readonly voxels: { readonly position: number[]; readonly color: string; readonly material: number }[];
}

async function readAll({ call }: TestServer): Promise<Read["voxels"]> {
  const response = await call("GET", `${VOXELS}?min=0,0,0&max=16,16,16`);
  assertEquals(response.status, 200);
  return ((await response.json()) as Read).voxels.sort((a, b) =>
    String(a.position) < String(b.position) ? -1 : 1
  );
}

function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}

Deno.test("a JSON patch sets and removes voxels, and reading the box gives them back", async () => {
  const server = createTestServer();
  const response = await server.call("POST", VOXELS, {
    voxels: [
      { position: [0, 0, 0], color: "#ff0000" },
      { position: [15, 15, 15], color: "#00ff0080", material: 7 },
      { position: [1, 0, 0], color: "#ffffff" },
      { position: [1, 0, 0], color: null },
    ],
  });
  assertEquals(response.status, 200);
  const { main } = server;
  assertEquals(await response.json(), {
    seq: 1,
    epoch: main.epoch,
    changed: 2,
    dirty_regions: ["1/0", "1/7"],
    versions: [1, 1],
    errors: [],
    error_count: 0,
  });
  assertEquals(await readAll(server), [
    { position: [0, 0, 0], color: "#ff0000", material: 0 },
    { position: [15, 15, 15], color: "#00ff0080", material: 7 },
  ]);
});

Deno.test("a bad voxel is reported by its index and the rest stands, or with atomic nothing does", async () => {
  const server = createTestServer();
  const voxels = [
    { position: [0, 0, 0], color: "#ff0000" },
    { position: [0, 0, 16], color: "#ff0000" },
    { position: [0, 0.5, 0], color: "#ff0000" },
    { color: "#ff0000" },
    null,
    { position: [2, 0, 0], color: "#00ff00" },
  ];
  const refused = await problemOf(
    await server.call("POST", VOXELS, { voxels, atomic: true }),
    "OUT_OF_BOUNDS",
  );
  assertEquals((refused["errors"] as { index: number }[])[0]!.index, 1);
  const byQuery = await problemOf(
    await server.call("POST", `${VOXELS}?atomic=true`, { voxels }),
    "OUT_OF_BOUNDS",
  );
  assertStringIncludes(byQuery["detail"] as string, "4 of the items");
  assertEquals(server.main.seq, 0);
  const body = await (await server.call("POST", VOXELS, { voxels })).json();
  const codes = body.errors.map((
    error: Record<string, unknown>,
  ) => [error["index"], error["path"], error["code"]]);
  assertEquals(codes, [
    [1, "voxels.1.position", "OUT_OF_BOUNDS"],
    [2, "voxels.2.position.1", "INVALID_FIELD"],
    [3, "voxels.3.position", "MISSING_FIELD"],
    [4, "voxels.4", "INVALID_FIELD"],
  ]);
  assertEquals((await readAll(server)).map(({ position }) => position), [[0, 0, 0], [2, 0, 0]]);
});

Deno.test("a binary patch does the same, plain and gzipped", async () => {
  for (const coding of [undefined, "gzip"]) {
    const server = createTestServer();
    const plain = encodePatch({
      positions: Uint32Array.of(3, 4, 5, 0, 0, 99, 6, 6, 6),
      colors: Uint32Array.of(0xff0000ff, 0xff0000ff, 0xff00ff00),
      materials: Uint8Array.of(1, 2, 3),
    });
    const body = coding === undefined ? plain : await gzip(plain);
    const headers = { ...BINARY, ...(coding === undefined ? {} : { "content-encoding": coding }) };
    await problemOf(await server.call("POST", `${VOXELS}?atomic=true`, body, headers), "OUT_OF_BOUNDS");
    assertEquals(server.main.seq, 0);
    const answer = await (await server.call("POST", VOXELS, body, headers)).json();
    assertEquals([answer.changed, answer.errors[0].index, answer.error_count], [2, 1, 1]);
    assertEquals(await readAll(server), [
      { position: [3, 4, 5], color: "#ff0000", material: 1 },
      { position: [6, 6, 6], color: "#00ff00", material: 3 },
    ]);
  }
});

Deno.test("a broken binary patch is refused with the byte offset", async () => {
  const { call, main } = createTestServer();
  const whole = encodePatch({ positions: Uint32Array.of(1, 1, 1), colors: Uint32Array.of(0xffffffff) });
  const problem = await problemOf(await call("POST", VOXELS, whole.slice(0, -1), BINARY), "INVALID_BODY");
  assertMatch(problem["detail"] as string, /at byte \d+/);
  const zipped = await gzip(whole);
  const coded = { ...BINARY, "content-encoding": "gzip" };
  await problemOf(await call("POST", VOXELS, zipped.slice(0, -9), coded), "INVALID_BODY");
  await problemOf(await call("POST", VOXELS, whole, coded), "INVALID_BODY");
  await problemOf(
    await call("POST", VOXELS, whole, { ...BINARY, "content-encoding": "br" }),
    "UNSUPPORTED_MEDIA",
  );
  assertEquals(main.seq, 0);
});

Deno.test("a patch with more cells than allowed is refused, binary or JSON", async () => {
  const limits = { maxPatchCells: 2 };
  const { call } = createTestServer({ config: { world: limits }, limits });
  const voxels = [0, 1, 2].map((x) => ({ position: [x, 0, 0], color: "#ffffff" }));
  await problemOf(await call("POST", VOXELS, { voxels }), "PAYLOAD_TOO_LARGE");
  const bytes = encodePatch({ positions: new Uint32Array(9), colors: new Uint32Array(3) });
  await problemOf(await call("POST", VOXELS, bytes, BINARY), "PAYLOAD_TOO_LARGE");
});

Deno.test("clearing takes regions or the whole world", async () => {
  const server = createTestServer();
  const voxels = [[0, 0, 0], [8, 0, 0], [0, 8, 0]].map((position) => ({ position, color: "#ffffff" }));
  await server.call("POST", VOXELS, { voxels });
  const some = await (await server.call("DELETE", `${VOXELS}?regions=1/0,1/1`)).json();
  assertEquals([some.changed, some.dirty_regions], [2, ["1/0", "1/1"]]);
  assertEquals((await readAll(server)).map(({ position }) => position), [[0, 8, 0]]);
  assertEquals((await (await server.call("DELETE", VOXELS)).json()).changed, 1);
  assertEquals(server.main.voxelCount, 0);
  for (const regions of ["2/0", "1/8", "x", "1/0,,1/1", ""]) {
    await problemOf(await server.call("DELETE", `${VOXELS}?regions=${regions}`), "INVALID_FIELD");
  }
});

Deno.test("reading a box shows entities over voxels, cuts at the box, and is bounded", async () => {
  const { call } = createTestServer();
  await call("POST", VOXELS, { voxels: [{ position: [1, 1, 1], color: "#ffffff" }] });
  const entity = { type: "box", position: [2, 1.5, 1.5], size: [2, 1, 1], color: "#0000ff" };
  await call("PUT", "/api/worlds/main/entities/a", entity);
  const read = async (range: string) =>
    (await (await call("GET", `${VOXELS}?${range}`)).json() as Read).voxels;
  assertEquals(await read("min=1,1,1&max=2,2,2"), [{ position: [1, 1, 1], color: "#0000ff", material: 0 }]);
  assertEquals(await read("min=3,3,3&max=4,4,4"), []);
  await problemOf(await call("GET", `${VOXELS}?min=0,0,0&max=17,1,1`), "OUT_OF_BOUNDS");
  await problemOf(await call("GET", `${VOXELS}?min=1,1,1&max=1,2,2`), "INVALID_FIELD");
  await problemOf(await call("GET", `${VOXELS}?min=0,0,0`), "MISSING_FIELD");
  await problemOf(await call("GET", `${VOXELS}?min=0,0,0&max=-1,1,1`), "INVALID_FIELD");
});

Deno.test("a box larger than may be read at once is refused", async () => {
  const { call } = createTestServer();
  await call("POST", "/api/worlds", { id: "big", level: 2, depth: 6 });
  await problemOf(await call("GET", "/api/worlds/big/voxels?min=0,0,0&max=41,41,41"), "PAYLOAD_TOO_LARGE");
});

Deno.test("BUSY is 429 with Retry-After and retry_after_ms", async () => {
  const { call } = createTestServer({ limits: { maxDirtyRegions: 1 } });
  const set = (x: number) => call("POST", VOXELS, { voxels: [{ position: [x, 0, 0], color: "#ffffff" }] });
  assertEquals((await set(0)).status, 200);
  const response = await set(8);
  assertEquals([response.status, response.headers.get("retry-after")], [429, "1"]);
  const problem = await problemOf(response, "BUSY");
  assertEquals([problem["retry_after_ms"], problem["retryable"]], [250, true]);
});

Deno.test("property: the quick check of a voxel takes exactly what its schema takes", () => {
  const number = fc.oneof(
    fc.integer({ min: -2, max: 300 }),
    fc.constantFrom(0.5, 2 ** 20, 2 ** 20 - 1, -0, 1e300),
  );
  const color = fc.constantFrom("#ffffff", "#FFFFFF80", "#fff", "red", "", null, 7, "#ffffff\n");
  const value = fc.oneof(number, color, fc.constant(true), fc.constant([]), fc.constant({}));
  const position = fc.oneof(
    { weight: 3, arbitrary: fc.array(number, { minLength: 2, maxLength: 4 }) },
    value,
  );
  const item = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ position, color, material: value, extra: value }, { requiredKeys: [] }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ position: fc.tuple(number, number, number), color, material: number }),
    },
    fc.json().map((text) => JSON.parse(text) as unknown),
    fc.constant(JSON.parse('{"position":[1,1,1],"color":"#ffffff","__proto__":1}') as unknown),
  );
  let taken = 0;
  fc.assert(
    fc.property(item, (candidate) => {
      taken += isVoxel(candidate) ? 1 : 0;
      assertEquals(isVoxel(candidate), voxelSchema.safeParse(candidate).success);
    }),
    { numRuns: runs(2000) },
  );
  assertEquals(taken > 20, true);
});
