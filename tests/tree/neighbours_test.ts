import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { cellNeighbour, NEIGHBOUR_FACE, tetKey, tetNeighbour, tetOfKey } from "../../src/tree/mod.ts";
import { encodeMorton } from "../../src/space/mod.ts";
import { faceOf, kuhnTet } from "./tet_geometry.ts";
import { runs } from "../support/runs.ts";

const STEPS = [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]] as const;

Deno.test("a cell's neighbours are one step away on each axis, or outside", () => {
  const level = 2;
  for (let x = 0; x < 4; x++) {
    for (let y = 0; y < 4; y++) {
      for (let z = 0; z < 4; z++) {
        STEPS.forEach(([dx, dy, dz], face) => {
          const to = [x + dx, y + dy, z + dz] as const;
          const expected = to.every((at) => at >= 0 && at < 4) ? encodeMorton(...to) : undefined;
          assertEquals(cellNeighbour(encodeMorton(x, y, z), level, face), expected);
        });
      }
    }
  }
});

Deno.test("a cell's neighbour has the cell as its neighbour across the opposite face, at every level", () => {
  const cells = fc.integer({ min: 0, max: 10 }).chain((level) =>
    fc.tuple(fc.constant(level), fc.nat(8 ** level - 1))
  );
  fc.assert(fc.property(cells, fc.nat(5), ([level, key], face) => {
    const other = cellNeighbour(key, level, face);
    if (other !== undefined) assertEquals(cellNeighbour(other, level, face ^ 1), key);
  }));
});

Deno.test("a tetrahedron's neighbours are those that share three vertices with it, and no other", () => {
  const level = 2;
  const sharing = new Map<string, number[]>();
  const tets = Array.from({ length: 6 * 8 ** level }, (_, key) => {
    const { type, x, y, z } = tetOfKey(key, level);
    return kuhnTet(type, [x, y, z], 1);
  });
  tets.forEach((tet, key) => {
    for (let face = 0; face < 4; face++) {
      sharing.set(faceOf(tet, face), [...sharing.get(faceOf(tet, face)) ?? [], key]);
    }
  });
  tets.forEach((tet, key) => {
    for (let face = 0; face < 4; face++) {
      const others = sharing.get(faceOf(tet, face))!.filter((other) => other !== key);
      assert(others.length <= 1);
      assertEquals(tetNeighbour(key, level, face), others[0]);
    }
  });
});

Deno.test("a tetrahedron's neighbour has it as its neighbour across the same face, at every level", () => {
  const tets = fc.integer({ min: 0, max: 9 }).chain((level) =>
    fc.tuple(fc.constant(level), fc.nat(6 * 8 ** level - 1))
  );
  fc.assert(
    fc.property(tets, fc.nat(3), ([level, key], face) => {
      const other = tetNeighbour(key, level, face);
      if (other === undefined) return;
      const back = NEIGHBOUR_FACE[4 * tetOfKey(key, level).type + face]!;
      assertEquals(tetNeighbour(other, level, back), key);
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("a region has 2 * 4^level faces of tetrahedra on each of its sides", () => {
  const level = 3;
  let outside = 0;
  for (let key = 0; key < 6 * 8 ** level; key++) {
    for (let face = 0; face < 4; face++) if (tetNeighbour(key, level, face) === undefined) outside++;
  }
  assertEquals(outside, 6 * 2 * 4 ** level);
});

Deno.test("a face, a key or a level that does not exist is refused", () => {
  for (const face of [-1, 6, 0.5]) {
    assertThrows(() => cellNeighbour(0, 3, face), RangeError, `from 0 to 5, got ${face}`);
  }
  for (const face of [-1, 4, 0.5]) {
    assertThrows(() => tetNeighbour(0, 3, face), RangeError, `from 0 to 3, got ${face}`);
  }
  for (const key of [-1, 8, 1.5]) {
    assertThrows(() => cellNeighbour(key, 1, 0), RangeError, `from 0 to 7 at level 1, got ${key}`);
  }
  assertThrows(() => cellNeighbour(0, 11, 0), RangeError, "from 0 to 10, got 11");
  assertThrows(() => tetNeighbour(48, 1, 0), RangeError, "from 0 to 47 at level 1, got 48");
  assertEquals(tetNeighbour(tetKey(0, 0, 0, 0, 0), 0, 0), undefined);
});
