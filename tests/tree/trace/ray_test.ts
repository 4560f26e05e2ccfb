import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { FACE_NORMALS } from "../../../src/tree/mod.ts";
import { awayFromZero, largestComponent } from "../../../src/tree/trace/ray.ts";

Deno.test("A direction has a largest component, unless it is out of bounds or no number", () => {
  assertEquals(largestComponent(1, -3, 2), 3);
  assertEquals(largestComponent(0, 0, -(2 ** -60)), 2 ** -60);
  assertEquals(largestComponent(2 ** 60, 0, 0), 2 ** 60);
  for (const wrong of [0, 2 ** -61, 2 ** 61, Infinity, -Infinity, NaN]) {
    assertEquals(largestComponent(wrong, 0, 0), 0);
  }
  assertEquals(largestComponent(1, NaN, 1), 0);
  assertEquals(largestComponent(1, 1, Infinity), 0);
});

Deno.test("A component near to 0 is moved away from it, to the side where it is", () => {
  const moved = [0.5, 0.25, 0.1, 0, -0, -0.1, -0.25, -0.5].map((component) => awayFromZero(component, 0.25));
  assertEquals(moved, [0.5, 0.25, 0.25, 0.25, 0.25, -0.25, -0.25, -0.5]);
});

Deno.test("Normals of faces have length 1, point both ways, and are square to the planes of their family", () => {
  const families = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [0, 1, -1], [1, 0, -1]];
  assertEquals(FACE_NORMALS.length, 3 * 12);
  families.forEach((family, f) => {
    const length = Math.hypot(...family);
    for (const side of [0, 1]) {
      const normal = FACE_NORMALS.subarray(3 * (2 * f + side), 3 * (2 * f + side) + 3);
      family.forEach((c, axis) => assertAlmostEquals(normal[axis]!, (side === 1 ? c : -c) / length, 1e-15));
      assert(normal.every((c) => !Object.is(c, -0)), "no -0");
    }
  });
});
