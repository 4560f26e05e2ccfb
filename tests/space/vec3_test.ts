import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { add, cross, dot, length, normalize, scale, subtract, type Vec3 } from "../../src/space/mod.ts";

const component = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const vector = fc.tuple(component, component, component) as fc.Arbitrary<Vec3>;

Deno.test("the axes are right-handed: x cross y is z", () => {
  assertEquals(cross([1, 0, 0], [0, 1, 0]), [0, 0, 1]);
  assertEquals(cross([0, 1, 0], [0, 0, 1]), [1, 0, 0]);
});

Deno.test("sums, differences and multiples go by component", () => {
  assertEquals(add([1, 2, 3], [10, 20, 30]), [11, 22, 33]);
  assertEquals(subtract([1, 2, 3], [10, 20, 30]), [-9, -18, -27]);
  assertEquals(scale([1, -2, 3], 2), [2, -4, 6]);
  assertEquals(dot([1, 2, 3], [4, 5, 6]), 32);
  assertEquals(length([2, 3, 6]), 7);
});

Deno.test("a cross product is at right angles to both its factors", () => {
  fc.assert(fc.property(vector, vector, (a, b) => {
    const c = cross(a, b);
    const size = length(a) * length(b) + 1;
    assertAlmostEquals(dot(a, c) / (size * (length(a) + 1)), 0, 1e-12);
    assertAlmostEquals(dot(b, c) / (size * (length(b) + 1)), 0, 1e-12);
  }));
});

Deno.test("a normalized vector has length 1 and the same direction", () => {
  fc.assert(fc.property(vector.filter((v) => length(v) > 1e-100), (v) => {
    const n = normalize(v);
    assertAlmostEquals(length(n), 1, 1e-12);
    assertAlmostEquals(dot(n, v) / length(v), 1, 1e-12);
  }));
});

Deno.test("a vector without direction is refused, not turned into NaN", () => {
  for (const v of [[0, 0, 0], [NaN, 0, 0], [Infinity, 1, 1], [1e308, 1e308, 0]] as const) {
    assertThrows(() => normalize(v), RangeError, "Cannot normalize");
  }
});
