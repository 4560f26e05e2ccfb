import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { createGrid, perspectiveFrustum } from "../../src/space/mod.ts";
import { type Viewport, viewportProblem } from "../../src/viewport/mod.ts";
import { anyCamera, PLAIN_CAMERA } from "./cameras.ts";
import { runs } from "../support/runs.ts";

const DEGENERATE: readonly (readonly [string, Partial<Viewport>, string])[] = [
  ["NaN in eye", { eye: [0, NaN, 0] }, "eye must have three finite numbers"],
  ["infinity in lookAt", { lookAt: [0, 0, Infinity] }, "lookAt must have three finite numbers"],
  ["minus infinity in up", { up: [-Infinity, 0, 0] }, "up must have three finite numbers"],
  ["a coordinate that overflows when squared", { eye: [1e200, 0, 0] }, "eye must have three finite numbers"],
  [
    "a vector of two numbers",
    { eye: [1, 2] as unknown as Viewport["eye"] },
    "eye must have three finite numbers",
  ],
  ["fovY 0", { fovY: 0 }, "fovY must be between 0 and pi"],
  ["fovY pi", { fovY: Math.PI }, "fovY must be between 0 and pi"],
  ["fovY in degrees", { fovY: 60 }, "fovY must be between 0 and pi"],
  ["fovY NaN", { fovY: NaN }, "fovY must be between 0 and pi"],
  ["nearPlane 0", { nearPlane: 0 }, "nearPlane must be a finite number above 0"],
  ["nearPlane below 0", { nearPlane: -1 }, "nearPlane must be a finite number above 0"],
  ["nearPlane NaN", { nearPlane: NaN }, "nearPlane must be a finite number above 0"],
  ["farPlane at nearPlane", { farPlane: 0.1 }, "farPlane must be a finite number above nearPlane"],
  ["farPlane below nearPlane", { farPlane: 0.01 }, "farPlane must be a finite number above nearPlane"],
  ["farPlane infinite", { farPlane: Infinity }, "farPlane must be a finite number above nearPlane"],
  ["farPlane NaN", { farPlane: NaN }, "farPlane must be a finite number above nearPlane"],
  ["aspectRatio 0", { aspectRatio: 0 }, "aspectRatio must be a finite number above 0"],
  ["aspectRatio below 0", { aspectRatio: -1 }, "aspectRatio must be a finite number above 0"],
  ["aspectRatio infinite", { aspectRatio: Infinity }, "aspectRatio must be a finite number above 0"],
  ["aspectRatio NaN", { aspectRatio: NaN }, "aspectRatio must be a finite number above 0"],
  ["eye at lookAt", { lookAt: PLAIN_CAMERA.eye }, "eye and lookAt must be different"],
  ["eye at lookAt at the origin", { eye: [0, 0, 0], lookAt: [0, 0, 0] }, "eye and lookAt must be different"],
  ["eye so near lookAt that it underflows", { eye: [0, 0, 0], lookAt: [1e-200, 0, 0] }, "must be different"],
  ["up of length 0", { up: [0, 0, 0] }, "up must not be zero"],
  ["up along the view", { eye: [0, 9, 0], lookAt: [0, 0, 0] }, "up must not be parallel"],
  ["up against the view", { eye: [0, 0, 0], lookAt: [0, 9, 0] }, "up must not be parallel"],
  [
    "up along a slanting view",
    { eye: [1, 2, 3], lookAt: [2, 4, 6], up: [10, 20, 30] },
    "up must not be parallel",
  ],
];

for (const [name, change, words] of DEGENERATE) {
  Deno.test(`a camera with ${name} has a problem that names it`, () => {
    assertStringIncludes(viewportProblem({ ...PLAIN_CAMERA, ...change }) ?? "no problem", words);
  });
}

Deno.test("a usable camera has no problem", () => {
  assertEquals(viewportProblem(PLAIN_CAMERA), undefined);
  // Orbit controls stop one millionth short of the pole.
  assertEquals(viewportProblem({ ...PLAIN_CAMERA, eye: [1e-3, 1000, 0], lookAt: [0, 0, 0] }), undefined);
  assertEquals(viewportProblem({ ...PLAIN_CAMERA, up: [0, 1e6, 0], fovY: 3.14 }), undefined);
});

Deno.test("whatever numbers come in, a camera without problem has a frustum of finite planes", () => {
  const number = fc.oneof(
    { weight: 1, arbitrary: fc.double() },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, -1, 1e-60, 1e-45, 1e49, 1e60) },
    { weight: 8, arbitrary: fc.double({ min: -100, max: 100, noNaN: true }) },
  );
  const vector = fc.tuple(number, number, number);
  const lens = fc.oneof(
    { weight: 1, arbitrary: number },
    { weight: 6, arbitrary: fc.double({ min: 0.01, max: 3, noNaN: true }) },
  );
  // Far planes behind the near one, for the most part: or hardly any camera would be usable.
  const far = fc.oneof(
    { weight: 1, arbitrary: number },
    { weight: 6, arbitrary: fc.double({ min: 1.01, max: 10_000, noNaN: true }) },
  );
  let usable = 0;
  fc.assert(
    fc.property(vector, vector, vector, lens, lens, lens, far, (eye, lookAt, up, ...rest) => {
      const [fovY, aspectRatio, nearPlane, farRatio] = rest;
      const farPlane = nearPlane * farRatio;
      const view: Viewport = { eye, lookAt, up, fovY, aspectRatio, nearPlane, farPlane };
      if (viewportProblem(view) !== undefined) return;
      usable++;
      assert(perspectiveFrustum(view).planes.every(Number.isFinite));
    }),
    { numRuns: runs(3000) },
  );
  assert(usable > 200, `only ${usable} cameras were usable, so nothing was tried`);
});

Deno.test("ordinary cameras in and around a world have no problem", () => {
  const grid = createGrid({ min: [-3, 5, 8], max: [97, 105, 108] }, 4, 6);
  fc.assert(fc.property(anyCamera(grid), (view) => viewportProblem(view) === undefined));
});
