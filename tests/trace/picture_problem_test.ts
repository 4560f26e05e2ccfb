import { assertEquals, assertMatch } from "@std/assert";
import { DAYLIGHT, type PickRay, type PictureCamera } from "../../src/trace/mod.ts";
import { lookProblem, pickProblem, pictureProblem } from "../../src/trace/picture_problem.ts";

const CAMERA: PictureCamera = {
  eye: [0, 0, 5],
  lookAt: [0, 0, 0],
  up: [0, 1, 0],
  fovY: 1,
  widthPx: 100,
  heightPx: 50,
};
const RAY: PickRay = { origin: [0, 0, 0], direction: [0, 0, 1], maxDistance: 10 };
const MAX_PIXELS = 10_000;

Deno.test("a camera that is no number, degenerate, or of no size is refused in words", () => {
  const wrong: [Partial<PictureCamera>, RegExp][] = [
    [{ eye: [NaN, 0, 0] }, /^eye must have three finite numbers .* not NaN for x$/],
    [{ lookAt: [0, Infinity, 0] }, /^lookAt .* for y$/],
    [{ up: [0, 0, 2e50] }, /^up .* for z$/],
    [{ eye: [0, 0, 0] }, /^eye and lookAt must be different/],
    [{ up: [0, 0, 0] }, /^up must not be zero/],
    [{ up: [0, 0, -3] }, /^up must not be parallel/],
    [{ fovY: 0 }, /^fovY/],
    [{ fovY: Math.PI }, /^fovY/],
    [{ fovY: NaN }, /^fovY/],
    [{ widthPx: 0 }, /^width must be a whole number of pixels from 1 to 16384, not 0$/],
    [{ heightPx: -1 }, /^height/],
    [{ heightPx: 1.5 }, /^height/],
    [{ widthPx: NaN }, /^width/],
    [{ widthPx: 16_385 }, /^width/],
    [{ widthPx: 101, heightPx: 100 }, /^A picture may have 10000 pixels, 101 x 100 are 10100$/],
  ];
  for (const [change, words] of wrong) {
    assertMatch(pictureProblem({ ...CAMERA, ...change }, MAX_PIXELS) ?? "", words);
  }
  assertEquals(pictureProblem(CAMERA, MAX_PIXELS), undefined);
  assertEquals(pictureProblem({ ...CAMERA, widthPx: 100, heightPx: 100 }, MAX_PIXELS), undefined);
});

Deno.test("a ray of a pick that is no number, has no direction or no length is refused in words", () => {
  const wrong: [Partial<PickRay>, RegExp][] = [
    [{ origin: [0, NaN, 0] }, /^origin/],
    [{ origin: [0, 0, 1e51] }, /^origin/],
    [{ direction: [NaN, 0, 0] }, /^direction .* not NaN for x$/],
    [{ direction: [0, 0, 0] }, /^direction must not be zero$/],
    [{ direction: [1e-60, 0, 0] }, /^direction must not be zero$/],
    [{ maxDistance: 0 }, /^maxDistance/],
    [{ maxDistance: NaN }, /^maxDistance/],
  ];
  for (const [change, words] of wrong) assertMatch(pickProblem({ ...RAY, ...change }) ?? "", words);
  assertEquals(pickProblem(RAY), undefined);
  assertEquals(pickProblem({ ...RAY, maxDistance: Infinity }), undefined);
});

Deno.test("a look out of range is refused in words", () => {
  const wrong = [
    { sun: [0, 0, 0] },
    { sun: [NaN, 0, 1] },
    { zenith: [0, 0, 0] },
    { ambient: 1.1 },
    { ambient: NaN },
    { sunRadius: -1 },
    { fogHalfEdges: 0 },
    { detailPx: -1 },
    { detailPx: NaN },
  ] as const;
  for (const change of wrong) {
    assertMatch(lookProblem({ ...DAYLIGHT, ...change }) ?? "", new RegExp(`^${Object.keys(change)[0]} must`));
  }
  assertEquals(lookProblem({ ...DAYLIGHT, fogHalfEdges: Infinity, sunRadius: 0, detailPx: 0 }), undefined);
});
