import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { keysFromMasks } from "../../src/tree/mod.ts";

/** Masks and counts of a set of keys, by the definition: a node exists iff a key below it does. */
function masksOf(keys: ReadonlySet<number>, depth: number): { counts: Uint32Array; masks: Uint8Array } {
  const counts: number[] = [];
  const masks: number[] = [];
  for (let level = 0; level <= depth; level++) {
    const nodes = new Map<number, number>();
    for (const key of keys) {
      const node = Math.floor(key / 8 ** (depth - level));
      const slot = level === depth ? 0 : Math.floor(key / 8 ** (depth - level - 1)) % 8;
      nodes.set(node, (nodes.get(node) ?? 0) | (1 << slot));
    }
    counts.push(nodes.size);
    const sorted = [...nodes].sort(([a], [b]) => a - b);
    if (level < depth) masks.push(...sorted.map(([, mask]) => mask));
  }
  return { counts: Uint32Array.from(counts), masks: Uint8Array.from(masks) };
}

Deno.test("Masks expand to exactly the keys they were made of, at every level", () => {
  const keySets = fc.integer({ min: 1, max: 8 }).chain((depth) =>
    fc.tuple(fc.constant(depth), fc.uniqueArray(fc.nat(8 ** depth - 1), { maxLength: 60, size: "max" }))
  );
  fc.assert(fc.property(keySets, ([depth, list]) => {
    const { counts, masks } = masksOf(new Set(list), depth);
    for (let level = 0; level <= depth; level++) {
      const expected = [...new Set(list.map((key) => Math.floor(key / 8 ** (depth - level))))].sort((a, b) =>
        a - b
      );
      assertEquals([...keysFromMasks(counts, masks, level, "esvo")], expected);
    }
  }));
});

Deno.test("A full tree expands to every key", () => {
  const keys = keysFromMasks(Uint32Array.of(1, 8, 64, 512), new Uint8Array(73).fill(255), 3, "esvo");
  assertEquals(keys, Uint32Array.from({ length: 512 }, (_, key) => key));
});

Deno.test("Masks that do not add up to the counts are refused, never read past", () => {
  const counts = Uint32Array.of(1, 2, 3);
  for (
    const masks of [
      [0b11, 0b1, 0b1],
      [0b11, 0b111, 0b1],
      [0b1, 0b1, 0b11],
      [0b11, 0, 0b111],
      [0b11, 0b111, 0],
      [],
      [0b11],
    ]
  ) {
    assertThrows(() => keysFromMasks(counts, Uint8Array.from(masks), 2, "esvo"), RangeError, "Cannot expand");
  }
});

Deno.test("The six roots of a tetree expand to their types, a seventh is refused", () => {
  const roots = keysFromMasks(Uint32Array.of(1, 6), Uint8Array.of(0b11_1111), 1, "esvt");
  assertEquals([...roots], [0, 1, 2, 3, 4, 5]);
  for (const mask of [0b100_0000, 0b1000_0000]) {
    const expand = (): Uint32Array => keysFromMasks(Uint32Array.of(1, 1), Uint8Array.of(mask), 1, "esvt");
    assertThrows(expand, RangeError, `mask ${mask} names a tetrahedron above 5`);
  }
  const seven = (): Uint32Array => keysFromMasks(Uint32Array.of(1, 7), Uint8Array.of(0b111_1111), 1, "esvt");
  assertThrows(seven, RangeError, "level 0: 1 nodes cannot have 7 children");
});

Deno.test("Counts that no tree has are refused before anything is allocated", () => {
  const masks = Uint8Array.of(0b11, 1, 1);
  const cases = [
    { counts: [1, 2], says: "2 counts, 3 needed" },
    { counts: [2, 2, 2], says: "at most 1 root, got 2" },
    { counts: [1, 2, 1], says: "level 1: 2 nodes cannot have 1 children" },
    { counts: [1, 9, 9], says: "level 0: 1 nodes cannot have 9 children" },
    { counts: [0, 1, 1], says: "level 0: 0 nodes cannot have 1 children" },
    { counts: [1, 2, 0xffffffff], says: "level 1: 2 nodes cannot have 4294967295 children" },
  ];
  for (const { counts, says } of cases) {
    assertThrows(() => keysFromMasks(Uint32Array.from(counts), masks, 2, "esvo"), RangeError, says);
  }
});
