import { assertEquals } from "@std/assert";
import { viewFrom } from "../../src/client/mod.ts";
import { DEFAULT_LENS } from "../../src/client/view_from.ts";
import type { Vec3 } from "../../src/space/mod.ts";
import { viewportProblem } from "../../src/viewport/mod.ts";

Deno.test("a view of two points has the lens that one chooses and the usual one for the rest", () => {
  assertEquals(viewFrom([9, 8, 7], [1, 2, 3], { fovY: 1.3, heightPx: 720 }), {
    ...DEFAULT_LENS,
    eye: [9, 8, 7],
    lookAt: [1, 2, 3],
    up: [0, 1, 0],
    fovY: 1.3,
    heightPx: 720,
  });
});

Deno.test("a view of two points is one that servers take, also straight up and down", () => {
  const places: readonly Vec3[] = [[0, 500, 0], [0, -500, 0], [3, 0, 0], [0, 0, -3], [1, 900, 1e-3]];
  for (const eye of places) assertEquals(viewportProblem(viewFrom(eye, [0, 0, 0])), undefined, `${eye}`);
});
