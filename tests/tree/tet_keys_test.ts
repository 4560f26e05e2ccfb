import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { locateTet, MAX_TET_LEVEL, tetKey, tetOfKey } from "../../src/tree/mod.ts";
import { contains, kuhnTet, ORDERS, type Point, type Tet } from "./tet_geometry.ts";
import { runs } from "../support/runs.ts";

/** Coordinates are in units of the finest cubes. */
function tetOf(key: number, level: number, finest: number): Tet {
  const edge = 2 ** (finest - level);
  const { type, x, y, z } = tetOfKey(key, level);
  return kuhnTet(type, [x * edge, y * edge, z * edge], edge);
}

const places = fc.integer({ min: 0, max: MAX_TET_LEVEL }).chain((level) => {
  const axis = fc.nat(2 ** level - 1);
  return fc.record({ level: fc.constant(level), type: fc.nat(5), x: axis, y: axis, z: axis });
});

/** Few distinct multiples of powers of two, so that coordinates tie all the time. */
const lattice = fc.integer({ min: 0, max: 12 }).chain((bits) => {
  const axis = fc.nat(2 ** bits - 1).map((n) => n / 2 ** bits);
  return fc.tuple(axis, axis, axis, fc.nat(3)).map(([x, y, z, tie]): Point =>
    tie === 0 ? [x, y, z] : tie === 1 ? [x, x, z] : tie === 2 ? [x, y, y] : [x, x, x]
  );
});

Deno.test("keys name every tetrahedron of a level exactly once", () => {
  const level = 4;
  const seen = new Uint8Array(6 * 8 ** level);
  for (let x = 0; x < 16; x++) {
    for (let y = 0; y < 16; y++) {
      for (let z = 0; z < 16; z++) {
        for (let type = 0; type < 6; type++) {
          const key = tetKey(type, x, y, z, level);
          seen[key]!++;
          assertEquals(tetOfKey(key, level), { type, x, y, z });
        }
      }
    }
  }
  assert(seen.every((times) => times === 1));
});

Deno.test("a key decodes to what it was made of at every level, and the largest is 30 bits", () => {
  fc.assert(
    fc.property(places, ({ level, type, x, y, z }) => {
      const key = tetKey(type, x, y, z, level);
      assert(key >= 0 && key < 6 * 8 ** level);
      assertEquals(tetOfKey(key, level), { type, x, y, z });
    }),
    { numRuns: runs(500) },
  );
  assertEquals(tetKey(5, 511, 511, 511, 9), 6 * 8 ** 9 - 1);
});

Deno.test("the first digit is the root's type, and a level without cubes has the six roots", () => {
  for (let type = 0; type < 6; type++) {
    assertEquals(tetKey(type, 0, 0, 0, 0), type);
    // The corner of the region at which all six meet is in the first child, over and over.
    assertEquals(tetKey(type, 0, 0, 0, 5), type * 8 ** 5);
  }
});

Deno.test("a key without its last digit is the tetrahedron around it", () => {
  fc.assert(
    fc.property(places.filter(({ level }) => level > 0), ({ level, type, x, y, z }) => {
      const key = tetKey(type, x, y, z, level);
      const parent = tetOf(key >>> 3, level - 1, level);
      for (const vertex of tetOf(key, level, level)) assert(contains(parent, vertex), `${vertex}`);
    }),
    { numRuns: runs(500) },
  );
});

Deno.test("the tetrahedron that is found for a point holds it, at every level", () => {
  const anywhere: fc.Arbitrary<Point> = fc.tuple(unit(), unit(), unit());
  fc.assert(
    fc.property(fc.oneof(lattice, anywhere), fc.nat(MAX_TET_LEVEL), (point, level) => {
      const key = locateTet(...point, level);
      // Scaled by a power of two and less its own whole part, so nothing is rounded.
      const scaled = point.map((value) => value * 2 ** level) as unknown as Point;
      const tet = tetOfKey(key, level);
      assertEquals([tet.x, tet.y, tet.z], scaled.map(Math.floor));
      const [first, second, third] = ORDERS[tet.type]!.map((axis) => scaled[axis]! % 1);
      assert(first! >= second! && second! >= third!, `type ${tet.type} at ${scaled}`);
    }),
    { numRuns: runs(2000) },
  );
});

Deno.test("a point on a face goes where moving it by (2e, e, 0) would take it, at every level alike", () => {
  const tiny = 2 ** -24;
  fc.assert(
    fc.property(lattice, ([x, y, z]) => {
      let finer = locateTet(x, y, z, MAX_TET_LEVEL);
      for (let level = MAX_TET_LEVEL; level >= 0; level--, finer >>>= 3) {
        assertEquals(locateTet(x, y, z, level), finer);
        assertEquals(locateTet(x + 2 * tiny, y + tiny, z, level), finer);
      }
    }),
    { numRuns: runs(500) },
  );
});

Deno.test("ties go to the type that the order of the axes names", () => {
  const cases: [Point, number][] = [
    [[0, 0, 0], 1],
    [[0.5, 0.5, 0.5], 1],
    [[0.5, 0.5, 0.25], 1],
    [[0.25, 0.5, 0.25], 2],
    [[0.5, 0.25, 0.5], 0],
    [[0.25, 0.5, 0.5], 3],
    [[0.25, 0.25, 0.5], 5],
  ];
  for (const [point, type] of cases) assertEquals(locateTet(...point, 0), type, `${point}`);
});

Deno.test("places, keys and points that do not exist are refused", () => {
  assertThrows(() => tetKey(6, 0, 0, 0, 1), RangeError, "from 0 to 5, got 6");
  assertThrows(() => tetKey(0.5, 0, 0, 0, 1), RangeError, "from 0 to 5, got 0.5");
  for (const [x, y, z] of [[2, 0, 0], [0, -1, 0], [0, 0, 0.5], [NaN, 0, 0]] as const) {
    assertThrows(() => tetKey(0, x, y, z, 1), RangeError, `from 0 to 1 at level 1, got ${x}, ${y}, ${z}`);
  }
  for (const level of [-1, 10, 0.5, NaN]) {
    assertThrows(() => tetKey(0, 0, 0, 0, level), RangeError, `from 0 to 9, got ${level}`);
    assertThrows(() => tetOfKey(0, level), RangeError, `from 0 to 9, got ${level}`);
    assertThrows(() => locateTet(0, 0, 0, level), RangeError, `from 0 to 9, got ${level}`);
  }
  for (const key of [-1, 48, 0.5, NaN]) {
    assertThrows(() => tetOfKey(key, 1), RangeError, `from 0 to 47 at level 1, got ${key}`);
  }
  for (const [x, y, z] of [[1, 0, 0], [0, -0.1, 0], [0, 0, NaN], [0, Infinity, 0]] as const) {
    assertThrows(() => locateTet(x, y, z, 3), RangeError, `[0, 1), got ${x}, ${y}, ${z}`);
  }
});

function unit(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
}
