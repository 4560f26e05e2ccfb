import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  add,
  ALL_PLANES,
  classifyBox,
  cross,
  dot,
  type Frustum,
  length,
  normalize,
  perspectiveFrustum,
  type PerspectiveView,
  scale,
  subtract,
  type Vec3,
  writePerspectivePlanes,
} from "../../src/space/mod.ts";

const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const point = fc.tuple(coordinate, coordinate, coordinate) as fc.Arbitrary<Vec3>;
const anyView: fc.Arbitrary<PerspectiveView> = fc.record({
  eye: point,
  lookAt: point,
  up: point,
  fovY: fc.double({ min: 0.1, max: 3, noNaN: true }),
  aspectRatio: fc.double({ min: 0.2, max: 5, noNaN: true }),
  nearPlane: fc.double({ min: 0.01, max: 10, noNaN: true }),
  farPlane: fc.double({ min: 20, max: 2000, noNaN: true }),
}).filter((v) => {
  const along = subtract(v.lookAt, v.eye);
  return length(cross(along, v.up)) > 1e-3 * length(along) * length(v.up) && length(along) > 1e-3 &&
    length(v.up) > 1e-3;
});

const VIEW: PerspectiveView = {
  eye: [0, 0, 0],
  lookAt: [0, 0, -10],
  up: [0, 1, 0],
  fovY: Math.PI / 2,
  aspectRatio: 2,
  nearPlane: 1,
  farPlane: 100,
};

/** Signed distance of a point to its nearest plane: positive inside. */
function inside(frustum: Frustum, p: Vec3): number {
  let least = Infinity;
  for (let i = 0; i < 24; i += 4) {
    const [nx, ny, nz, d] = frustum.planes.subarray(i, i + 4) as unknown as [number, number, number, number];
    least = Math.min(least, nx * p[0] + ny * p[1] + nz * p[2] + d);
  }
  return least;
}

Deno.test("a frustum holds what a camera down -z with 90 degrees and aspect 2 sees, and no more", () => {
  const frustum = perspectiveFrustum(VIEW);
  const seen: readonly Vec3[] = [[0, 0, -2], [0, 0, -99], [0, 49, -50], [99, 0, -50], [-99, -49, -50]];
  const unseen: readonly Vec3[] = [[0, 0, 2], [0, 0, -0.5], [0, 0, -101], [0, 51, -50], [101, 0, -50], [
    -101,
    0,
    -50,
  ]];
  for (const p of seen) assert(inside(frustum, p) > 0, `${p}`);
  for (const p of unseen) assert(inside(frustum, p) < 0, `${p}`);
});

Deno.test("a point is inside exactly if it projects into the view, for any camera", () => {
  const screen = fc.double({ min: -2, max: 2, noNaN: true });
  fc.assert(fc.property(anyView, screen, screen, screen, (view, sx, sy, t) => {
    fc.pre(
      [sx, sy].every((s) => Math.abs(Math.abs(s) - 1) > 1e-6) && Math.abs(t) > 1e-6 && Math.abs(t - 1) > 1e-6,
    );
    const forward = normalize(subtract(view.lookAt, view.eye));
    const right = normalize(cross(forward, view.up));
    const up = cross(right, forward);
    const depth = view.nearPlane + t * (view.farPlane - view.nearPlane);
    const half = Math.abs(depth) * Math.tan(view.fovY / 2);
    const sideways = add(scale(right, sx * half * view.aspectRatio), scale(up, sy * half));
    const p = add(add(view.eye, scale(forward, depth)), sideways);
    const expected = t > 0 && t < 1 && Math.abs(sx) < 1 && Math.abs(sy) < 1;
    assertEquals(inside(perspectiveFrustum(view), p) > 0, expected);
  }));
});

Deno.test("plane normals have length 1, so that d is a distance", () => {
  fc.assert(fc.property(anyView, (view) => {
    const { planes } = perspectiveFrustum(view);
    for (let i = 0; i < 24; i += 4) {
      const n: Vec3 = [planes[i]!, planes[i + 1]!, planes[i + 2]!];
      assertAlmostEquals(dot(n, n), 1, 1e-9);
    }
  }));
});

Deno.test("a degenerate view is refused instead of giving planes of NaN", () => {
  const bad: readonly Partial<PerspectiveView>[] = [
    { lookAt: VIEW.eye },
    { up: [0, 0, 1] },
    { up: [0, 0, 0] },
    { up: [1e-161, 0, 0] },
    { eye: [NaN, 0, 0] },
    { fovY: NaN },
    { farPlane: Infinity },
  ];
  for (const change of bad) {
    assertThrows(() => perspectiveFrustum({ ...VIEW, ...change }), RangeError, "degenerate");
  }
});

Deno.test("planes can be written into numbers that the caller keeps", () => {
  const own = new Float64Array(24);
  assert(perspectiveFrustum(VIEW, own).planes === own);
  const other = new Float64Array(24);
  writePerspectivePlanes(VIEW, other);
  assertEquals(own, other);
});

Deno.test("a box is outside if its farthest corner is, and inside if its nearest corner is, plane by plane", () => {
  fc.assert(fc.property(anyView, point, fc.double({ min: 0.1, max: 300, noNaN: true }), (view, min, size) => {
    const frustum = perspectiveFrustum(view);
    let expected = 0;
    for (let plane = 0; plane < 6; plane++) {
      const [nx, ny, nz, d] = frustum.planes.subarray(4 * plane) as unknown as [
        number,
        number,
        number,
        number,
      ];
      let least = Infinity;
      let most = -Infinity;
      for (let corner = 0; corner < 8; corner++) {
        const x = min[0] + (corner & 1) * size;
        const y = min[1] + ((corner >> 1) & 1) * size;
        const z = min[2] + (corner >> 2) * size;
        const value = nx * x + ny * y + nz * z + d;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
      if (most <= 0) expected = -1;
      if (expected >= 0 && least <= 0) expected |= 1 << plane;
    }
    assertEquals(classifyBox(frustum, ...min, size, ALL_PLANES), expected);
  }));
});

Deno.test("a part of a box is never seen when the box is not, even with its face on a plane", () => {
  const whole = fc.integer({ min: -8, max: 8 });
  fc.assert(
    fc.property(fc.tuple(whole, whole, whole), fc.integer({ min: 0, max: 3 }), anyView, (cell, turn, any) => {
      // Every second view is square with the grid, so that many faces lie exactly on planes.
      const view = turn === 0 ? any : { ...VIEW, aspectRatio: 1, farPlane: 16, fovY: (turn * Math.PI) / 4 };
      const frustum = perspectiveFrustum(view);
      const min = scale(cell, 4);
      const mask = classifyBox(frustum, ...min, 4, ALL_PLANES);
      for (let child = 0; child < 8; child++) {
        const x = min[0] + 2 * (child & 1);
        const y = min[1] + 2 * ((child >> 1) & 1);
        const z = min[2] + 2 * (child >> 2);
        const alone = classifyBox(frustum, x, y, z, 2, ALL_PLANES);
        if (mask === -1) assertEquals(alone, -1);
        else assertEquals(classifyBox(frustum, x, y, z, 2, mask), alone);
      }
    }),
  );
});
