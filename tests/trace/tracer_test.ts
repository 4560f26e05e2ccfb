import { assert, assertEquals, assertRejects } from "@std/assert";
import { CpuPicture } from "../../src/trace/cpu_picture.ts";
import {
  DAYLIGHT,
  type PictureCamera,
  sceneBytes,
  type TracedWorld,
  TraceError,
} from "../../src/trace/mod.ts";
import { createPictureView } from "../../src/trace/picture_view.ts";
import { tetOfKey, TREE_KINDS } from "../../src/tree/mod.ts";
import { testWith } from "../support/needs.ts";
import { modelNeeds } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { ballOverFloor, cameraAt, GRID, sceneOf, worldOf } from "./scene_fixture.ts";
import { createTracer } from "./tracer_fixture.ts";

const CAMERA = cameraAt(160, 120);
const WORLD = worldOf("esvo", ballOverFloor);

function expected(world: TracedWorld, camera: PictureCamera = CAMERA): Uint8Array {
  const picture = new CpuPicture(sceneOf(world), createPictureView(world.grid, camera, DAYLIGHT));
  return new Uint8Array(picture.band({ firstRow: 0, rows: camera.heightPx }).buffer);
}

/** The first pixel, which is what fake Workers tell. */
function firstPixel(rgba: Uint8Array): number[] {
  return [...rgba.subarray(0, 3)];
}

testWith(modelNeeds, "CPU Workers together make the picture of one piece, of both kinds", async () => {
  const test = createTracer();
  await using _ = test;
  for (const kind of TREE_KINDS) {
    const world = worldOf(kind, ballOverFloor);
    assertEquals(await test.settled(test.tracer.picture(world, CAMERA)), expected(world));
  }
  assertEquals(test.told, ["cpu 19200", "cpu 19200"]);
  const { pictures, rays, backend, fallbackPictures, breaker, heldBytes } = test.tracer.status();
  assertEquals([pictures, rays, backend, fallbackPictures, breaker], [2, 38_400, "cpu", 0, "none"]);
  assert(heldBytes > 0);
  // A Worker's own heap is some megabytes before it does anything.
  await waitFor(() => test.tracer.status().memoryBytes > heldBytes + 2 ** 20, {
    what: "the Workers to tell their memory",
  });
});

testWith(
  modelNeeds,
  "a world that changes under the trace gives the picture of the versions it was asked for",
  async () => {
    const test = createTracer();
    await using _ = test;
    const next = worldOf("esvo", (x, y) => y < x / 4, 2);
    const pictures = [WORLD, next, WORLD].map((world) => test.tracer.picture(world, CAMERA));
    const [first, second, third] = await test.settled(Promise.all(pictures));
    assertEquals(first, expected(WORLD));
    assertEquals(second, expected(next));
    assertEquals(third, first);
  },
);

testWith(modelNeeds, "an empty world is sky, and a pick in it meets nothing", async () => {
  const test = createTracer();
  await using _ = test;
  const empty: TracedWorld = { ...WORLD, regions: [] };
  assertEquals(await test.settled(test.tracer.picture(empty, CAMERA)), expected(empty));
  const ray = { origin: [0, 30, 0], direction: [0, -1, 0], maxDistance: 99 } as const;
  assertEquals(await test.settled(test.tracer.pick(empty, ray)), undefined);
});

testWith(modelNeeds, "a pick tells region, cell, face, colour, material and distance", async () => {
  const test = createTracer();
  await using _ = test;
  const ray = { origin: [-3.9, 30, -3.9], direction: [0, -2, 0], maxDistance: 99 } as const;
  const hit = await test.settled(test.tracer.pick(WORLD, ray));
  assert(hit !== undefined);
  const { key, version, lod, cell, type, path, normal, face, color, material } = hit;
  assertEquals([key, version, lod, type, face], [WORLD.regions[0]!.key, 1, 0, -1, 3]);
  assertEquals([...normal], [0, 1, 0]);
  // Cell (0, 1, 0), which is 0.25 wide: the upper one of the floor's two layers.
  assertEquals([...cell.min, cell.size], [-4, 10.25, -4, 0.25]);
  assertEquals(path, { level: 4, key: 2 });
  assertEquals([color & 255, color >>> 8 & 255, color >>> 16 & 255, material], [20, 27, 20, 2]);
  assert(Math.abs(hit.distance - 19.5) < 1e-9 && Math.abs(hit.point[1] - 10.5) < 1e-9);
  assertEquals(await test.settled(test.tracer.pick(WORLD, { ...ray, maxDistance: 19.4 })), undefined);
  const inside = await test.settled(test.tracer.pick(WORLD, { ...ray, origin: [0, 14, 0] }));
  assertEquals([inside?.face, inside?.distance, inside?.normal[1]], [255, 0, 1]);
  assertEquals(test.told, ["pick", "pick", "pick"]);
});

testWith(modelNeeds, "a picked tetrahedron's key leads back to it", async () => {
  const test = createTracer();
  await using _ = test;
  const world = worldOf("esvt", ballOverFloor);
  const ray = { origin: [9, 19, 12], direction: [-9, -6, -12], maxDistance: 99 } as const;
  const hit = await test.settled(test.tracer.pick(world, ray));
  assert(hit !== undefined);
  const place = tetOfKey(hit.path.key, hit.path.level - 1);
  assertEquals(place.type, hit.type);
  // Regions are 4 wide, and a cube of the leaves' tetrahedra half a unit.
  assertEquals([hit.path.level, hit.cell.size], [4, 0.5]);
  const inRegion = hit.cell.min.map((value, axis) => (value - GRID.bounds.min[axis]!) % 4 / 0.5);
  assertEquals([place.x, place.y, place.z], inRegion);
});

testWith(modelNeeds, "regions are sent once, however many pictures they are in", async () => {
  const test = createTracer({ poolSize: 1 }, { cpu: "counting" });
  await using _ = test;
  const paint = async (world: TracedWorld) =>
    firstPixel(await test.settled(test.tracer.picture(world, CAMERA)));
  const count = WORLD.regions.length;
  assertEquals(await paint(WORLD), [count, 0, 1]);
  assertEquals(await paint(WORLD), [count, 0, 1]);
  const [changed, ...rest] = WORLD.regions;
  assertEquals(await paint({ ...WORLD, regions: [{ ...changed!, version: 2 }, ...rest] }), [count + 1, 0, 2]);
  assertEquals(await paint({ ...WORLD, regions: rest }), [count + 1, 0, 3]);
});

testWith(modelNeeds, "regions that do not fit beside newer ones are forgotten", async () => {
  const bytes = WORLD.regions.reduce((sum, { tree }) => sum + sceneBytes(tree), 0);
  const test = createTracer({ poolSize: 1, maxSceneBytes: bytes }, { cpu: "counting" });
  await using _ = test;
  const paint = async (world: TracedWorld) =>
    firstPixel(await test.settled(test.tracer.picture(world, CAMERA)));
  const count = WORLD.regions.length;
  assertEquals(await paint(WORLD), [count, 0, 1]);
  assertEquals(await paint({ ...WORLD, id: "other" }), [2 * count, count, 2]);
  assertEquals(test.tracer.status().heldBytes, bytes);
});

testWith(modelNeeds, "the arrays of trees stay with the caller", async () => {
  const test = createTracer({ poolSize: 1 });
  await using _ = test;
  const world = worldOf("esvo", ballOverFloor);
  await test.settled(test.tracer.picture(world, CAMERA));
  assertEquals(world.regions.map(({ tree }) => tree), WORLD.regions.map(({ tree }) => tree));
});

testWith(modelNeeds, "what cannot be is refused before any Worker is started", async () => {
  const test = createTracer({ maxPicturePixels: 20_000 }, { cpu: "no_such_worker" });
  await using _ = test;
  const cameras: Partial<PictureCamera>[] = [
    { eye: [NaN, 0, 0] },
    { up: [0, 0, 0] },
    { lookAt: CAMERA.eye },
    { widthPx: 0 },
    { heightPx: 1e9 },
    { widthPx: 200, heightPx: 200 },
  ];
  for (const change of cameras) {
    await assertRejects(() => test.tracer.picture(WORLD, { ...CAMERA, ...change }), RangeError);
  }
  await assertRejects(() => test.tracer.picture(WORLD, CAMERA, { look: { ambient: NaN } }), RangeError);
  const ray = { origin: [0, 0, 0], direction: [0, NaN, 0], maxDistance: 1 } as const;
  await assertRejects(() => test.tracer.pick(WORLD, ray), RangeError);
  const [one] = WORLD.regions;
  const worlds: TracedWorld[] = [
    { ...WORLD, regions: [one!, one!] },
    { ...WORLD, kind: "esvt" },
    { ...WORLD, grid: { ...GRID, level: 0 } },
  ];
  for (const world of worlds) await assertRejects(() => test.tracer.picture(world, CAMERA), RangeError);
  assertEquals([test.lines, test.clock.pending], [[], 0]);
});

testWith(modelNeeds, "regions above the budget are refused in words that name the setting", async () => {
  const test = createTracer({ maxSceneBytes: 10_000 });
  await using _ = test;
  const error = await assertRejects(
    () => test.settled(test.tracer.picture(WORLD, CAMERA)),
    TraceError,
    "trace.maxSceneBytes",
  );
  assertEquals(error.kind, "too-large");
});

testWith(
  modelNeeds,
  "a picture that is not wanted any more is given up between bands, and the next one is made",
  async () => {
    const test = createTracer();
    await using _ = test;
    const controller = new AbortController();
    const given = test.tracer.picture(WORLD, cameraAt(1000, 1000), { signal: controller.signal });
    const waiting = test.tracer.picture(WORLD, CAMERA, { signal: controller.signal });
    controller.abort(new Error("gone away"));
    await assertRejects(() => waiting, Error, "gone away");
    await assertRejects(() => test.settled(given), Error, "gone away");
    assertEquals(await test.settled(test.tracer.picture(WORLD, CAMERA)), expected(WORLD));
    assertEquals(test.told.length, 1);
  },
);

testWith(modelNeeds, "pictures and picks beyond what may wait are refused as busy", async () => {
  const test = createTracer({ maxWaitingPictures: 1, maxWaitingPicks: 1 });
  await using _ = test;
  const ray = { origin: [0, 30, 0], direction: [0, -1, 0], maxDistance: 99 } as const;
  const made = [test.tracer.picture(WORLD, CAMERA), test.tracer.picture(WORLD, CAMERA)];
  assertEquals(test.tracer.status().waiting, 1);
  const error = await assertRejects(
    () => test.tracer.picture(WORLD, CAMERA),
    TraceError,
    "pictures are waiting",
  );
  assertEquals(error.kind, "busy");
  const pick = test.tracer.pick(WORLD, ray);
  const refused = await assertRejects(() => test.tracer.pick(WORLD, ray), TraceError, "picks are waiting");
  assertEquals(refused.kind, "busy");
  await test.settled(Promise.all([...made, pick]));
});

testWith(
  modelNeeds,
  "a Worker that dies over bands is replaced, and the picture fails after some tries",
  async () => {
    const test = createTracer({ poolSize: 1 }, { cpu: "crashing" });
    await using _ = test;
    const error = await assertRejects(
      () => test.settled(test.tracer.picture(WORLD, CAMERA)),
      TraceError,
      "died",
    );
    assertEquals(error.kind, "failed");
    const ray = { origin: [0, 30, 0], direction: [0, -1, 0], maxDistance: 99 } as const;
    const lost = await assertRejects(() => test.settled(test.tracer.pick(WORLD, ray)), TraceError, "died");
    assertEquals(lost.kind, "failed");
    assertEquals(test.lines.length, 6);
  },
);

testWith(
  modelNeeds,
  "a Worker that answers nothing is given up after its time, and the picture tried again",
  async () => {
    const test = createTracer({ poolSize: 1 }, { cpu: "silent" });
    await using _ = test;
    const failing = assertRejects(() => test.tracer.picture(WORLD, CAMERA), TraceError, "tileTimeoutMs");
    for (let lost = 1; lost <= 3; lost++) {
      await waitFor(async () => {
        // Time moves on only once the band is with the Worker.
        await test.clock.advanceAsync(test.clock.pending === 1 ? 2500 : 0);
        return test.lines.length === lost;
      }, { what: "the Worker to be given up" });
    }
    assertEquals((await failing).kind, "timeout");
  },
);

testWith(modelNeeds, "the end rejects what is in work and what waits, and everything after it", async () => {
  const test = createTracer({ poolSize: 1 }, { cpu: "silent" });
  const pictures = [test.tracer.picture(WORLD, CAMERA), test.tracer.picture(WORLD, CAMERA)];
  const ended = pictures.map((picture) => assertRejects(() => picture, TraceError, "ended"));
  await test.tracer.close();
  for (const error of await Promise.all(ended)) assertEquals(error.kind, "closed");
  await assertRejects(() => test.tracer.picture(WORLD, CAMERA), TraceError, "ended");
  await test.tracer.close();
  assertEquals(test.clock.pending, 0);
});
