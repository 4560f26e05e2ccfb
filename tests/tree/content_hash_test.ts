import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  addToHash,
  emptyHash,
  formatHash,
  hashSamples,
  removeFromHash,
  sameHash,
  type Samples,
} from "../../src/tree/mod.ts";

type Voxel = readonly [key: number, color: number, material: number];

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const voxels = fc.uniqueArray(fc.tuple(fc.nat(8 ** 8 - 1), u32, fc.nat(255)), {
  selector: ([key]) => key,
  maxLength: 40,
  size: "max",
});
const seeded = fc.integer();

function samplesOf(list: readonly Voxel[]): Samples {
  return {
    keys: Uint32Array.from(list, (v) => v[0]),
    colors: Uint32Array.from(list, (v) => v[1]),
    materials: Uint8Array.from(list, (v) => v[2]),
  };
}

function hashOf(...list: readonly Voxel[]): string {
  return formatHash(hashSamples(samplesOf(list)));
}

Deno.test("The hash does not depend on the order of the voxels", () => {
  fc.assert(fc.property(voxels, seeded, (list, seed) => {
    const sorted = list.toSorted((a, b) => Math.imul(a[0] + 1, seed | 1) - Math.imul(b[0] + 1, seed | 1));
    assertEquals(hashOf(...sorted), hashOf(...list));
  }));
});

Deno.test("Adding voxels one by one gives the hash of all of them", () => {
  fc.assert(fc.property(voxels, (list) => {
    const hash = emptyHash();
    for (const voxel of list) addToHash(hash, ...voxel);
    assertEquals(formatHash(hash), hashOf(...list));
    assert(sameHash(hash, hashSamples(samplesOf(list))));
  }));
});

Deno.test("Removing a voxel undoes adding it, whatever happened in between", () => {
  fc.assert(fc.property(voxels, voxels, (before, added) => {
    const hash = hashSamples(samplesOf(before));
    for (const voxel of added) addToHash(hash, ...voxel);
    for (const voxel of added.toReversed()) removeFromHash(hash, ...voxel);
    assertEquals(formatHash(hash), hashOf(...before));
  }));
});

Deno.test("A change of any one bit of a voxel changes both lanes", () => {
  fc.assert(fc.property(fc.nat(8 ** 8 - 1), u32, fc.nat(255), fc.nat(63), (key, color, material, bit) => {
    const changed: Voxel = bit < 24
      ? [key ^ (1 << bit), color, material]
      : bit < 32
      ? [key, color, material ^ (1 << (bit - 24))]
      : [key, (color ^ (1 << (bit - 32))) >>> 0, material];
    const a = hashSamples(samplesOf([[key, color, material]]));
    const b = hashSamples(samplesOf([changed]));
    assertNotEquals(a.lo, b.lo);
    assertNotEquals(a.hi, b.hi);
  }));
});

Deno.test("Swapping the colours or the materials of two voxels changes the hash", () => {
  fc.assert(fc.property(voxels.filter((list) => list.length >= 2), ([a, b]) => {
    const [keyA, colorA, materialA] = a!;
    const [keyB, colorB, materialB] = b!;
    if (colorA !== colorB) {
      assertNotEquals(hashOf([keyA, colorB, materialA], [keyB, colorA, materialB]), hashOf(a!, b!));
    }
    if (materialA !== materialB) {
      assertNotEquals(hashOf([keyA, colorA, materialB], [keyB, colorB, materialA]), hashOf(a!, b!));
    }
  }));
});

Deno.test("A hundred thousand regions that differ little have as many hashes, and each lane spreads evenly", () => {
  const seen = new Set<string>();
  const low = new Set<number>();
  const high = new Set<number>();
  for (let key = 0; key < 1000; key++) {
    for (let shade = 0; shade < 100; shade++) {
      const hash = emptyHash();
      addToHash(hash, key, 0xff000000 + shade, 0);
      addToHash(hash, key + 1, 0xff000000 + shade + 1, 0);
      seen.add(formatHash(hash));
      low.add(hash.lo);
      high.add(hash.hi);
    }
  }
  assertEquals(seen.size, 100_000);
  // About 1.2 pairs out of 100,000 random numbers of 32 bits are equal.
  assert(low.size > 99_980, `${low.size} distinct low lanes`);
  assert(high.size > 99_980, `${high.size} distinct high lanes`);
});

Deno.test("Only the first samples are hashed if a count is given", () => {
  const list: Voxel[] = [[1, 0xff000001, 0], [2, 0xff000002, 1], [3, 0xff000003, 2]];
  assertEquals(formatHash(hashSamples(samplesOf(list), 2)), hashOf(list[0]!, list[1]!));
});

Deno.test("The hash is 16 digits, high lane first, and stays what clients expect", () => {
  assertEquals(formatHash(emptyHash()), "0000000000000000");
  assertEquals(formatHash({ lo: 0xabc, hi: 0xf0000001 }), "f000000100000abc");
  assertEquals(hashOf([0, 0xff0000ff, 0]), "695825934d23ca23");
  assertEquals(hashOf([8 ** 8 - 1, 0xffffffff, 255], [42, 0x80123456, 7]), "19a82b780463d6c4");
});
