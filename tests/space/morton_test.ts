import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeMorton, mortonX, mortonY, mortonZ } from "../../src/space/mod.ts";

const axis = fc.integer({ min: 0, max: 1023 });

Deno.test("bit i of x, y and z is bit 3i, 3i + 1 and 3i + 2 of the code", () => {
  for (let bit = 0; bit < 10; bit++) {
    assertEquals(encodeMorton(1 << bit, 0, 0), 2 ** (3 * bit));
    assertEquals(encodeMorton(0, 1 << bit, 0), 2 ** (3 * bit + 1));
    assertEquals(encodeMorton(0, 0, 1 << bit), 2 ** (3 * bit + 2));
  }
  assertEquals(encodeMorton(1023, 1023, 1023), 2 ** 30 - 1);
});

Deno.test("a code gives back its three coordinates", () => {
  fc.assert(fc.property(axis, axis, axis, (x, y, z) => {
    const code = encodeMorton(x, y, z);
    assertEquals([mortonX(code), mortonY(code), mortonZ(code)], [x, y, z]);
  }));
});

Deno.test("every code of a level-4 grid is used exactly once", () => {
  const seen = new Uint8Array(4096);
  for (let x = 0; x < 16; x++) {
    for (let y = 0; y < 16; y++) for (let z = 0; z < 16; z++) seen[encodeMorton(x, y, z)]!++;
  }
  assert(seen.every((n) => n === 1));
});

Deno.test("a code without its last three bits is the code of the cell twice as large", () => {
  fc.assert(fc.property(axis, axis, axis, (x, y, z) => {
    assertEquals(encodeMorton(x, y, z) >>> 3, encodeMorton(x >>> 1, y >>> 1, z >>> 1));
    assertEquals(encodeMorton(x, y, z) & 7, (x & 1) + 2 * (y & 1) + 4 * (z & 1));
  }));
});
