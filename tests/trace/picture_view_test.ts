import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createGrid, cross, dot, normalize, subtract, type Vec3 } from "../../src/space/mod.ts";
import { pixelDirection } from "../../src/trace/cpu_picture.ts";
import { DAYLIGHT } from "../../src/trace/mod.ts";
import { createPictureView, fitsSinglePrecision } from "../../src/trace/picture_view.ts";
import { toSceneSpace, toWorldSpace } from "../../src/trace/scene_space.ts";
import { cameraAt, GRID } from "./scene_fixture.ts";

function assertNear(actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  for (let i = 0; i < 3; i++) assertAlmostEquals(actual[i]!, expected[i]!, tolerance);
}

Deno.test("a point of the world lies at its share of the cube, and comes back", () => {
  assertEquals(toSceneSpace(GRID, [-4, 10, -4]), [1, 1, 1]);
  assertEquals(toSceneSpace(GRID, [4, 18, 4]), [2, 2, 2]);
  assertEquals(toSceneSpace(GRID, [0, 12, 8]), [1.5, 1.25, 2.5]);
  assertEquals(toWorldSpace(GRID, [1.5, 1.25, 2.5]), [0, 12, 8]);
});

Deno.test("the ray of a pixel passes through it: the middle looks ahead, the edges open by fovY, rows go down", () => {
  const camera = cameraAt(101, 51);
  const view = createPictureView(GRID, camera, DAYLIGHT);
  const forward = normalize(subtract(camera.lookAt, camera.eye));
  assertNear(pixelDirection(view, 50, 25), forward);
  const right = normalize(cross(forward, camera.up));
  const up = cross(right, forward);
  const slope = (direction: Vec3, side: Vec3) => dot(direction, side) / dot(direction, forward);
  const half = Math.tan(camera.fovY / 2);
  // The middle of the first row is half a pixel below the picture's upper edge.
  assertAlmostEquals(slope(pixelDirection(view, 50, 0), up), half * (1 - 1 / 51), 1e-12);
  assertAlmostEquals(slope(pixelDirection(view, 50, 50), up), -half * (1 - 1 / 51), 1e-12);
  assertAlmostEquals(slope(pixelDirection(view, 100, 25), right), half * (101 / 51) * (1 - 1 / 101), 1e-12);
  assertAlmostEquals(slope(pixelDirection(view, 0, 25), right), -half * (101 / 51) * (1 - 1 / 101), 1e-12);
});

Deno.test("nodes are drawn as a whole from the distance where they are a pixel wide", () => {
  const camera = cameraAt(100, 100);
  const { coneSpread } = createPictureView(GRID, camera, { ...DAYLIGHT, detailPx: 2 });
  // At distance 1 the picture is 2 tan(fovY / 2) high.
  assertAlmostEquals(coneSpread, 2 * 2 * Math.tan(camera.fovY / 2) / 100, 1e-15);
  assertEquals(createPictureView(GRID, camera, { ...DAYLIGHT, detailPx: 0 }).coneSpread, 0);
});

Deno.test("fog is as thick as is told, and thinner for an eye so far away that the world would be lost in it", () => {
  const { min, max } = GRID.bounds;
  const edge = max[0] - min[0];
  const middle = min.map((value) => value + edge / 2);
  const fogFrom = (edges: number, fogHalfEdges: number) => {
    const eye: Vec3 = [middle[0]!, middle[1]!, middle[2]! + edges * edge];
    const lookAt: Vec3 = [middle[0]!, middle[1]!, middle[2]!];
    return createPictureView(GRID, { ...cameraAt(8, 8), eye, lookAt }, { ...DAYLIGHT, fogHalfEdges }).fog;
  };
  assertAlmostEquals(fogFrom(2.5, 12), 1 / 12, 1e-12);
  // Never much more than a sixth of what is seen of the world's middle.
  assertAlmostEquals(2 ** (-fogFrom(1000, 12) * 1000), 2 ** -0.25, 1e-12);
  assertEquals(fogFrom(1000, Infinity), 0);
});

Deno.test("an eye far from a small world keeps its digits, and is not for single precision", () => {
  const grid = createGrid({ min: [1e6, 1e6, 1e6], max: [1e6 + 1, 1e6 + 1, 1e6 + 1] }, 0, 3);
  const camera = {
    ...cameraAt(10, 10),
    eye: [1e6 + 0.25, 1e6 + 2, 1e6] as const,
    lookAt: [1e6, 1e6, 1e6 + 1] as const,
  };
  const near = createPictureView(grid, camera, DAYLIGHT);
  assertNear(near.eye, [1.25, 3, 1]);
  assertEquals(fitsSinglePrecision(near), true);
  const far = createPictureView(grid, { ...camera, eye: [0, 0, 0] }, DAYLIGHT);
  assertEquals(fitsSinglePrecision(far), false);
});

Deno.test("the sun's square faces it, half as wide as asked for on both sides", () => {
  for (const sun of [[1, 0, 0], [0, 1, 0], [0, 0, -2], [3, -4, 5]] as const) {
    const view = createPictureView(GRID, cameraAt(8, 8), { ...DAYLIGHT, sun, sunRadius: 0.25 });
    assertNear(view.sun, normalize(sun));
    for (const side of [view.sunX, view.sunY]) {
      assertAlmostEquals(dot(side, view.sun), 0, 1e-12);
      assertAlmostEquals(dot(side, side), 0.0625, 1e-12);
    }
    assertAlmostEquals(dot(view.sunX, view.sunY), 0, 1e-12);
  }
});
