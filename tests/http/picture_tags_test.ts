import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { paint, painted } from "./pictured_world.ts";
import type { TestServer } from "./server.ts";

const CAMERA = "eye=8,8,40&lookAt=8,8,8";

async function ask(
  { call }: TestServer,
  query = CAMERA,
  held?: string,
): Promise<{ readonly status: number; readonly tag: string }> {
  const headers = held === undefined ? {} : { "if-none-match": held };
  const response = await call("GET", `/api/worlds/main/snapshot.png?${query}`, undefined, headers);
  await response.body?.cancel();
  return { status: response.status, tag: response.headers.get("etag")! };
}

/** How often the trees of a view have been gathered from now on. */
function countGathers({ regions: { streamer } }: TestServer): () => number {
  let count = 0;
  const gather = streamer.gatherTrees.bind(streamer);
  streamer.gatherTrees = (...given) => {
    count++;
    return gather(...given);
  };
  return () => count;
}

Deno.test("the tag says what made the picture, also where something else was to make it", async () => {
  const failing = painted({ config: { snapshots: { maxCacheBytes: 0 } } });
  failing.tracer.backend = "gpu";
  failing.tracer.maker = "cpu";
  const fallback = await ask(failing);
  failing.tracer.maker = "gpu";
  const byGpu = await ask(failing);
  assertNotEquals(fallback.tag, byGpu.tag, "one strong tag never names the pictures of two backends");
  for (const { tag } of [fallback, byGpu]) assertEquals((await ask(failing, CAMERA, tag)).status, 304);
  assertEquals(failing.tracer.asked.length, 2);
});

Deno.test("a picture of another backend than the present one stays right, and is given from memory", async () => {
  const server = painted();
  const { tag } = await ask(server);
  server.tracer.backend = "gpu";
  assertEquals(await ask(server), { status: 200, tag });
  assertEquals(server.tracer.asked.length, 1);
});

Deno.test("a region that was emptied does not keep a picture from being known again", async () => {
  const server = painted();
  paint(server, 0);
  const gathers = countGathers(server);
  // Far enough for a coarser level of detail.
  const far = "eye=8,8,4000&lookAt=8,8,8&width=64&height=64";
  const { tag } = await ask(server, far);
  const { regions } = server.tracer.asked[0]!.world;
  assertEquals(regions.length, 0);
  assertEquals(await ask(server, far, tag), { status: 304, tag });
  assertEquals(gathers(), 1, "nothing is gathered for it");
});

Deno.test("a picture that was made coarser for want of memory is known again without gathering or tracing", async () => {
  const server = painted({ config: { trace: { maxSceneBytes: 1 << 20, poolSize: 64 } } });
  const cells = Array.from({ length: 4096 }, (_, i) => [i & 15, (i >> 4) & 15, i >> 8]);
  server.main.apply({
    kind: "patch",
    cells: {
      positions: Uint32Array.from(cells.flat()),
      colors: Uint32Array.from(cells, (_, i) => 0xff000000 + i),
    },
  });
  const gathers = countGathers(server);
  const { tag } = await ask(server);
  assert(server.tracer.asked[0]!.world.regions.every(({ lod }) => lod > 0));
  assertEquals(await ask(server, CAMERA, tag), { status: 304, tag });
  assertEquals(await ask(server), { status: 200, tag });
  assertEquals([gathers(), server.tracer.asked.length], [1, 1]);
  paint(server, 0xff00ff00);
  assertNotEquals((await ask(server, CAMERA, tag)).tag, tag);
  assertEquals(server.tracer.asked.length, 2);
});
