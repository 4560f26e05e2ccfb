import fc from "fast-check";
import { encodeMorton, type Grid, type Vec3 } from "../../src/space/mod.ts";
import { RegionPyramid, type Viewport, viewportProblem } from "../../src/viewport/mod.ts";

/** A camera that sees something of a world of 0..1024, for tests to change. */
export const PLAIN_CAMERA: Viewport = {
  eye: [512, 700, 1800],
  lookAt: [512, 512, 512],
  up: [0, 1, 0],
  fovY: Math.PI / 3,
  aspectRatio: 16 / 9,
  nearPlane: 0.1,
  farPlane: 5000,
};

/** Any usable camera around a world: inside it, outside it, far away, narrow, wide, short-sighted. */
export function anyCamera(grid: Grid): fc.Arbitrary<Viewport> {
  const { min, max } = grid.bounds;
  const edge = max[0] - min[0];
  const place = (slack: number): fc.Arbitrary<Vec3> =>
    fc.tuple(
      ...([0, 1, 2] as const).map((axis) =>
        fc.double({ min: min[axis] - slack * edge, max: max[axis] + slack * edge, noNaN: true })
      ),
    ) as unknown as fc.Arbitrary<Vec3>;
  const direction = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -1, max: 1, noNaN: true })));
  return fc.record({
    eye: fc.oneof(place(0), place(1), place(5)),
    lookAt: fc.oneof(place(0), place(1)),
    up: fc.oneof(fc.constant([0, 1, 0] as const), direction as unknown as fc.Arbitrary<Vec3>),
    fovY: fc.double({ min: 0.02, max: 3.1, noNaN: true }),
    aspectRatio: fc.double({ min: 0.2, max: 5, noNaN: true }),
    nearPlane: fc.double({ min: 1e-3, max: 0.1, noNaN: true }).map((t) => t * edge),
    farPlane: fc.double({ min: 0.2, max: 8, noNaN: true }).map((t) => t * edge),
  }).filter((view) => viewportProblem(view) === undefined);
}

/** Cameras square with a world of 0..1024, so that many region faces lie exactly on planes. */
export const squareCamera: fc.Arbitrary<Viewport> = fc.record({
  eye: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -8, max: 24 }).map((v) => 64 * v))),
  axis: fc.constantFrom(...[[1, 0, 0], [-1, 0, 0], [0, 0, 1], [0, 0, -1], [1, 0, 1], [-1, 0, 1]] as const),
  near: fc.integer({ min: 1, max: 4 }).map((v) => 64 * v),
  far: fc.integer({ min: 5, max: 32 }).map((v) => 64 * v),
}).map(({ eye, axis, near, far }) => {
  const [x, y, z] = eye as unknown as Vec3;
  const lookAt: Vec3 = [x + axis[0], y, z + axis[2]];
  return {
    eye: [x, y, z],
    lookAt,
    up: [0, 1, 0],
    fovY: Math.PI / 2,
    aspectRatio: 1,
    nearPlane: near,
    farPlane: far,
  };
});

/** Rolling ground two or so regions thick over the whole grid, and everything else by chance. */
export function groundPyramid(level: number, seed: number, chance: number): RegionPyramid {
  const pyramid = new RegionPyramid(level);
  const n = 2 ** level;
  let state = seed >>> 0;
  for (let x = 0; x < n; x++) {
    for (let z = 0; z < n; z++) {
      const height = Math.floor(n * (0.4 + 0.2 * Math.sin(x * 6 / n + seed) * Math.cos(z * 7 / n)));
      for (let y = 0; y < n; y++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        if (y === height || y === height - 1 || state / 2 ** 32 < chance) pyramid.add(encodeMorton(x, y, z));
      }
    }
  }
  return pyramid;
}

/** The Morton codes of all regions in a pyramid, ascending. */
export function regionsOf(pyramid: RegionPyramid): number[] {
  const all: number[] = [];
  for (let morton = 0; morton < 8 ** pyramid.level; morton++) if (pyramid.has(morton)) all.push(morton);
  return all;
}
