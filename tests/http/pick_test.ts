import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMorton, regionKey } from "../../src/space/mod.ts";
import { paint, painted, pick } from "./pictured_world.ts";
import { problemOf } from "./server.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("a pick goes along the ray that is given, or through the point of the picture of the same camera", async () => {
  const server = painted();
  const { rays } = server.tracer;
  await pick(server, { origin: [8, 8, 40], direction: [0, 0, -3], maxDistance: 5 });
  assertEquals(rays[0]!.ray, { origin: [8, 8, 40], direction: [0, 0, -1], maxDistance: 5 });
  const camera = { eye: [8, 8, 40], lookAt: [8, 8, 8], fovY: Math.PI / 2 };
  await pick(server, { ...camera, x: 0.5, y: 0.5 });
  assertEquals(rays[1]!.ray.direction.map((value) => Math.round(value * 1e9) / 1e9 + 0), [0, 0, -1]);
  assert(rays[1]!.ray.maxDistance > 40);
  // The middle of the top edge of a square picture looks up by half of the opening, its right edge to the right.
  const half = Math.SQRT1_2;
  await pick(server, { ...camera, x: 50, y: 0, width: 100, height: 100 });
  rays[2]!.ray.direction.forEach((value, axis) => assertAlmostEquals(value, [0, half, -half][axis]!, 1e-12));
  await pick(server, { ...camera, x: 1, y: 0.5, width: 1, height: 1 });
  rays[3]!.ray.direction.forEach((value, axis) => assertAlmostEquals(value, [half, 0, -half][axis]!, 1e-12));
  // A picture whose size is not told is 16:9.
  await pick(server, { ...camera, x: 0, y: 0.5 });
  const edge = Math.hypot(16 / 9, 1);
  rays[4]!.ray.direction.forEach((value, axis) =>
    assertAlmostEquals(value, [-16 / 9 / edge, 0, -1 / edge][axis]!, 1e-12)
  );
  // Without a camera that of the picture of all that there is.
  await pick(server, { x: 0.5, y: 0.5 });
  await (await server.call("GET", "/api/worlds/main/snapshot.png")).body?.cancel();
  assertEquals(rays[5]!.ray.origin, server.tracer.asked[0]!.camera.eye);
});

Deno.test("a pick looks at the finest detail of the regions along its ray alone, in the kind that is asked for", async () => {
  const server = painted();
  paint(server, 0xff00ff00, [14, 14, 14]);
  const ray = { origin: [6, 6, 40], direction: [0, 0, -1] };
  await pick(server, ray);
  await pick(server, { ...ray, kind: "esvt", lod: 2 });
  const seen = server.tracer.rays.map((
    { world: { kind, regions } },
  ) => [kind, ...regions.map(({ lod }) => lod)]);
  assertEquals(seen, [["esvo", 0], ["esvt", 2]]);
  await pick(server, { ...ray, maxDistance: 20 });
  assertEquals(server.tracer.rays[2]!.world.regions, [], "nothing is that near");
});

Deno.test("a hit is told by region, version, voxel or tetrahedron, face and colour; none is null", async () => {
  const server = painted();
  const hit = {
    key: [...server.main.regions.keys()][0]!,
    version: 1,
    lod: 0,
    cell: { min: [6, 6, 6] as const, size: 1 },
    type: -1,
    path: { level: 3, key: 0 },
    normal: [0, 0, 1] as const,
    face: 5,
    color: 0xff0000ff,
    material: 7,
    distance: 33,
    point: [6.5, 6.5, 7] as const,
  };
  const ask = async () => await (await pick(server, { x: 0.5, y: 0.5 })).json();
  assertEquals(await ask(), { epoch: server.main.epoch, hit: null });
  server.tracer.hit = hit;
  assertEquals((await ask()).hit, {
    region: "1/0",
    kind: "esvo",
    version: 1,
    lod: 0,
    voxel: [6, 6, 6],
    tet: null,
    size: 1,
    face: "+z",
    normal: [0, 0, 1],
    color: "#ff0000",
    material: 7,
    distance: 33,
    point: [6.5, 6.5, 7],
  });
  server.tracer.hit = { ...hit, type: 4, face: 8, cell: { min: [6, 6, 6], size: 2 } };
  const { voxel, tet, size, face } = (await ask()).hit;
  assertEquals([voxel, tet, size, face], [null, { cube: [6, 6, 6], type: 4 }, 2, "-yz"]);
  server.tracer.hit = { ...hit, face: 255 };
  assertEquals((await ask()).hit.face, null);
});

Deno.test("a pick that cannot be meant is refused with what was expected", async () => {
  const server = painted();
  const ray = { origin: [0, 0, 0], direction: [1, 0, 0] };
  const cases: [body: unknown, code: string, detail: string][] = [
    [{}, "MISSING_FIELD", "x: expected origin and direction, or a camera with x and y"],
    [{ x: 1 }, "MISSING_FIELD", "y: "],
    [{ origin: [0, 0, 0] }, "MISSING_FIELD", "direction: "],
    [{ direction: [0, 0, 1] }, "MISSING_FIELD", "origin: "],
    [{ ...ray, direction: [0, 0, 0] }, "INVALID_FIELD", "direction: expected one of some length"],
    [{ ...ray, direction: [0, 0] }, "INVALID_FIELD", "direction"],
    [{ ...ray, origin: ["a", 0, 0] }, "INVALID_FIELD", "origin"],
    [{ ...ray, origin: [1e12, 0, 0] }, "INVALID_VIEWPORT", "too far away"],
    [{ ...ray, x: 0.5 }, "CONFLICTING_FIELD", "x: expected no camera beside origin"],
    [{ ...ray, maxDistance: 0 }, "INVALID_FIELD", "maxDistance"],
    [{ ...ray, maxDistance: -1 }, "INVALID_FIELD", "maxDistance"],
    [{ ...ray, kind: "cubes" }, "INVALID_FIELD", "kind"],
    [{ ...ray, lod: 4 }, "INVALID_FIELD", "lod: expected a whole number from 0 to 3"],
    [{ ...ray, size: 1 }, "INVALID_FIELD", "size"],
    [{ x: 2, y: 0.5 }, "INVALID_FIELD", "x: expected a number from 0 to 1, as no width and height are given"],
    [{ x: 0.5, y: -0.1 }, "INVALID_FIELD", "y: "],
    [{ x: 5, y: 101, width: 100, height: 100 }, "INVALID_FIELD", "y: expected a number from 0 to 100 pixels"],
    [{ x: 5, y: 5, width: 100 }, "INVALID_FIELD", "width, height: expected both"],
    [{ x: 5, y: 5, width: 0, height: 1 }, "INVALID_FIELD", "width"],
    [{ x: 0, y: 0, eye: [1, 1, 1], lookAt: [1, 1, 1] }, "INVALID_VIEWPORT", "different points"],
    [{ x: 0, y: 0, eye: [1, 1, 1] }, "INVALID_VIEWPORT", "both 'eye' and 'lookAt'"],
    [{ x: 0, y: 0, fovY: 4 }, "INVALID_VIEWPORT", "fovY"],
  ];
  for (const [body, code, detail] of cases) {
    const response = await pick(server, body);
    assertEquals([JSON.stringify(body), response.status], [JSON.stringify(body), 400]);
    assertStringIncludes(String((await problemOf(response, code))["detail"]), detail);
  }
  assertEquals(server.tracer.rays, []);
  await problemOf(await server.call("POST", "/api/worlds/nowhere/pick", ray), "WORLD_NOT_FOUND");
  await problemOf(await server.call("POST", "/api/worlds/main/pick", "{"), "UNSUPPORTED_MEDIA");
  const long = { ...ray, kind: "x".repeat(5000) };
  await problemOf(await pick(server, long), "PAYLOAD_TOO_LARGE");
});

Deno.test("only so many picks are answered at a time, those that wait for builds among them", async () => {
  const server = painted({ config: { trace: { maxWaitingPicks: 1 } } });
  server.regions.autoBuild = false;
  const waiting = pick(server, { x: 0.5, y: 0.5 });
  await waitFor(() => server.regions.requested.length > 0, { what: "the first one to wait for a build" });
  const refused = await pick(server, { x: 0.5, y: 0.5 });
  assertEquals([refused.status, refused.headers.has("retry-after")], [429, true]);
  await problemOf(refused, "BUSY");
  server.clock.advance(10_000);
  assertEquals((await waiting).status, 503);
  server.regions.autoBuild = true;
  assertEquals((await pick(server, { x: 0.5, y: 0.5 })).status, 200, "its place comes back");
});

Deno.test("a region that only the origin of a ray touches is met", async () => {
  const server = painted();
  // In the lowest corner of its region, which the rays leave at once, through a face, an edge and the corner.
  paint(server, 0xff00ff00, [8, 8, 8]);
  for (
    const [origin, direction] of [
      [[8.5, 8, 8.5], [0, -1, 0]],
      [[8.5, 8, 8], [0, -1, -1]],
      [[8, 8, 8], [-1, -1, -1]],
    ]
  ) {
    assertEquals((await pick(server, { origin, direction, maxDistance: 1 })).status, 200);
    const { world } = server.tracer.rays.at(-1)!;
    assert(world.regions.some(({ key }) => key === regionKey(1, encodeMorton(1, 1, 1))), `${direction}`);
  }
});
