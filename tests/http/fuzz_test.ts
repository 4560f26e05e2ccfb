import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodePatch, PATCH_MEDIA_TYPE } from "../../src/protocol/mod.ts";
import { createTestServer, type TestServer } from "./server.ts";
import { runs } from "../support/runs.ts";

const number = fc.oneof(
  fc.integer({ min: -1, max: 17 }),
  fc.double(),
  fc.constantFrom(0, 8, 16, 0.5, 1e308, -1e308, 2 ** 53),
);
const color = fc.constantFrom<unknown>("#ff0000", "#00ff0080", "#00000000", "#fff", null, 1, "");
const junk = fc.oneof(
  fc.constantFrom<unknown>(null, true, "", "x", 0, [], {}),
  fc.jsonValue({ maxDepth: 2 }),
);
const id = fc.oneof({ weight: 5, arbitrary: fc.constantFrom("a", "b", "c", "d") }, {
  weight: 1,
  arbitrary: fc.constantFrom<unknown>("", "x".repeat(257), 7, "__proto__", "constructor"),
});

function field<T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: junk });
}

const goodEntity = fc.record({
  id: fc.constantFrom("a", "b", "c", "d"),
  type: fc.constantFrom("", "fish"),
  position: fc.tuple(fc.integer({ min: 0, max: 15 }), fc.constant(8), fc.constant(8)),
  size: fc.tuple(fc.constantFrom(0.1, 1, 5), fc.constant(1), fc.constant(1)),
  color: fc.constantFrom("#ff0000", "#00ff0080"),
});
const wildEntity = fc.record({
  id,
  type: field(fc.constantFrom("", "fish")),
  position: field(fc.tuple(number, number, number)),
  size: field(fc.tuple(number, number, number)),
  color: field(color),
  material: field(number),
}, { requiredKeys: ["id"] });
const entity = fc.oneof({ weight: 3, arbitrary: goodEntity }, { weight: 2, arbitrary: wildEntity }, {
  weight: 1,
  arbitrary: junk,
});
const bulk = fc.record({
  source: field(fc.constantFrom("s", "t")),
  atomic: field(fc.boolean()),
  put: field(fc.array(entity, { maxLength: 6 })),
  patch: field(fc.array(entity, { maxLength: 6 })),
  remove: field(fc.array(id, { maxLength: 4 })),
}, { requiredKeys: ["source"] });
const voxel = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ position: fc.tuple(number, number, number), color, material: field(number) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      position: fc.tuple(fc.nat(15), fc.nat(15), fc.nat(15)),
      color: fc.constantFrom("#ff0000", null),
    }),
  },
  { weight: 1, arbitrary: junk },
);
const voxelPatch = fc.record({
  voxels: field(fc.array(voxel, { maxLength: 8 })),
  atomic: field(fc.boolean()),
}, {
  requiredKeys: ["voxels"],
});

/** All that a client can see of the world. */
async function picture({ call, main }: TestServer): Promise<unknown> {
  const voxels = await (await call("GET", "/api/worlds/main/voxels?min=0,0,0&max=16,16,16")).json();
  const entities = await (await call("GET", "/api/worlds/main/entities?limit=1000")).json();
  return { voxels, entities, seq: main.seq, bytes: main.bytes };
}

interface Count {
  stood: number;
  refused: number;
}

/** Sends one body; returns whether it stood, after checking that a refused one left no trace. */
async function send(server: TestServer, path: string, body: unknown, count: Count): Promise<void> {
  const before = await picture(server);
  const response = await server.call("POST", path, body);
  const answer = await response.json();
  assert(
    response.status === 200 || (response.status >= 400 && response.status < 500),
    JSON.stringify(answer),
  );
  const atomic = (body as { atomic?: unknown } | null)?.atomic === true;
  if (response.status === 200) {
    count.stood++;
    if (atomic) assertEquals(answer.error_count, 0);
  } else {
    count.refused++;
    assertEquals(await picture(server), before);
  }
}

Deno.test("property: random bulk bodies never fail the server and never half apply when atomic", async () => {
  const count: Count = { stood: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(bulk, { maxLength: 3 }), async (bodies) => {
      const server = createTestServer({ limits: { maxEntitiesPerWorld: 3, maxEntityCells: 27 } });
      for (const body of bodies) await send(server, "/api/worlds/main/entities/bulk", body, count);
      assertEquals(server.log.filter(({ level }) => level === "error"), []);
    }),
    { numRuns: runs(80) },
  );
  assert(count.stood > 20 && count.refused > 20, JSON.stringify(count));
});

Deno.test("property: random voxel bodies never fail the server and never half apply when atomic", async () => {
  const count: Count = { stood: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(voxelPatch, { maxLength: 3 }), async (bodies) => {
      const server = createTestServer({ limits: { maxVoxelsPerWorld: 5, maxDirtyRegions: 6 } });
      for (const body of bodies) await send(server, "/api/worlds/main/voxels", body, count);
      assertEquals(server.log.filter(({ level }) => level === "error"), []);
    }),
    { numRuns: runs(80) },
  );
  assert(count.stood > 20 && count.refused > 20, JSON.stringify(count));
});

Deno.test("property: a voxel body that stands says exactly which items did not, and the others are there", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(voxel, { maxLength: 12 }), async (voxels) => {
      const server = createTestServer();
      const response = await server.call("POST", "/api/worlds/main/voxels", { voxels });
      const { errors } = await response.json() as { errors: { index: number }[] };
      const refused = new Set(errors.map(({ index }) => index));
      const expected = new Map<string, string>();
      // What JSON makes of the items is what was sent: it has no NaN and no -0.
      (JSON.parse(JSON.stringify(voxels)) as { position: number[]; color: string | null }[]).forEach(
        (item, index) => {
          if (refused.has(index)) return;
          const key = item.position.join();
          if (item.color === null || item.color === "#00000000") expected.delete(key);
          else expected.set(key, item.color);
        },
      );
      const read = await (await server.call("GET", "/api/worlds/main/voxels?min=0,0,0&max=16,16,16")).json();
      const found = read.voxels.map((
        it: { position: number[]; color: string },
      ) => [it.position.join(), it.color]);
      assertEquals(new Map(found), expected);
    }),
    { numRuns: runs(80) },
  );
});

Deno.test("property: random and damaged binary patches never fail the server", async () => {
  const headers = { "content-type": PATCH_MEDIA_TYPE };
  const damaged = fc.tuple(fc.nat(5), fc.nat(200), fc.nat(255)).map(([cells, at, byte]) => {
    const bytes = encodePatch({
      positions: new Uint32Array(3 * cells).fill(3),
      colors: new Uint32Array(cells).fill(9),
    });
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
      const server = createTestServer();
      const response = await server.call("POST", "/api/worlds/main/voxels", new Uint8Array(bytes), headers);
      const text = await response.text();
      assert(response.status === 200 || (response.status >= 400 && response.status < 500), text);
    }),
    { numRuns: runs(80) },
  );
});

Deno.test("property: random paths and methods never fail the server", async () => {
  const part = fc.constantFrom(
    "api",
    "worlds",
    "main",
    "entities",
    "voxels",
    "bulk",
    "a",
    "%",
    "%2f",
    "%ff",
    "..",
    "",
    "ws",
    "assets",
    "%00",
  );
  const server = createTestServer({ assets: { "index.html": "page", "viewer.js": "go()" } });
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 7 }),
      fc.constantFrom("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"),
      async (parts, method) => {
        const response = await server.call(method, `/${parts.join("/")}`);
        await response.body?.cancel();
        assert(response.status < 500, `${method} ${parts.join("/")}`);
      },
    ),
    { numRuns: runs(200) },
  );
});
