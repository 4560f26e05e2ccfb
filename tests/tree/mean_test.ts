import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { meanChannel, popcount8, popcountMasks } from "../../src/tree/mod.ts";

Deno.test("A mean is the nearest whole number, and a half rounds up", () => {
  assertEquals(meanChannel(0, 1), 0);
  assertEquals(meanChannel(1, 2), 1);
  assertEquals(meanChannel(1, 3), 0);
  assertEquals(meanChannel(2, 3), 1);
  assertEquals(meanChannel(255 * 8 ** 8, 8 ** 8), 255);
});

Deno.test("A mean is exact for every sum and count that a region can have", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 ** 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (count, part) => {
        const sum = Math.round(255 * count * part);
        const exact = (BigInt(sum) + BigInt(count) / 2n) / BigInt(count);
        assertEquals(BigInt(meanChannel(sum, count)), exact);
      },
    ),
  );
});

Deno.test("A popcount is the number of children in a mask", () => {
  for (let mask = 0; mask < 256; mask++) {
    assertEquals(popcount8(mask), [...mask.toString(2)].filter((digit) => digit === "1").length);
  }
  assertEquals(popcountMasks(Uint8Array.of(255, 1, 3, 255), 1, 3), 3);
});
