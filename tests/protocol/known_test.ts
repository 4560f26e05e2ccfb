import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  encodeKnown,
  KNOWN_GROUP,
  type KnownRegion,
  type KnownRegions,
  type KnownTarget,
  type KnownType,
  knownType,
  LOD_NONE,
  readKnown,
  VoxcastError,
} from "../../src/protocol/mod.ts";
import { runs } from "../support/runs.ts";

const TARGET: KnownTarget = { kind: "esvo", level: 4, world: "main", epoch: 3 };

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const target: fc.Arbitrary<KnownTarget> = fc.record({
  kind: fc.constantFrom("esvo", "esvt"),
  level: fc.constantFrom(3, 4, 7),
  world: fc.constantFrom("main", "Pärk \u{1f333}", "w".repeat(256)),
  epoch: u32,
});
const regions = fc.uniqueArray(
  fc.record({
    morton: fc.nat(511),
    version: u32,
    lod: fc.integer({ min: 0, max: 8 }),
    hash: fc.record({ lo: u32, hi: u32 }),
  }),
  { minLength: 1, maxLength: 200, selector: ({ morton }) => morton },
);

Deno.test("what is known comes back, ascending and grouped, over as many messages as are needed", () => {
  const type = fc.constantFrom<KnownType[]>("KNOWN", "VERIFY");
  const maxBytes = fc.oneof(fc.constant(65536), fc.integer({ min: 16 + 1024 + 17, max: 2500 }));
  fc.assert(
    fc.property(type, target, regions, maxBytes, (type, target, regions, maxBytes) => {
      const messages = encodeKnown(type, target, regions, maxBytes);
      const read = messages.map(readKnown);
      for (const message of messages) {
        assert(message.length <= maxBytes, `${message.length} of ${maxBytes} bytes`);
        assertEquals(knownType(message), type);
      }
      for (const { type: readType, kind, level, world, epoch } of read) {
        assertEquals({ type: readType, kind, level, world, epoch }, { type, ...target });
      }
      const sorted = [...regions].sort((a, b) => a.morton - b.morton);
      assertEquals(read.flatMap(entriesOf), sorted.map(({ morton, version, lod }) => [morton, version, lod]));
      let at = 0;
      for (const { mortons, groupHashes } of read) {
        const groups = Math.ceil(mortons.length / KNOWN_GROUP);
        assertEquals(groupHashes.length, 2 * groups);
        for (let group = 0; group < groups; group++) {
          const size = Math.min(KNOWN_GROUP, mortons.length - group * KNOWN_GROUP);
          assertEquals(
            [...groupHashes.subarray(2 * group, 2 * group + 2)],
            sumOf(sorted.slice(at, at + size)),
          );
          at += size;
        }
      }
    }),
    { numRuns: runs(200) },
  );
});

Deno.test("a region takes 9 bytes, 64 of them 8 more, and the head 16 and the world's name", () => {
  const known = (count: number) => encodeKnown("KNOWN", TARGET, listOf(count), 65536)[0]!.length;
  assertEquals([known(1), known(64), known(65), known(500)], [
    16 + 4 + 9 + 8,
    16 + 4 + 64 * 9 + 8,
    16 + 4 + 65 * 9 + 16,
    16 + 4 + 500 * 9 + 64,
  ]);
  assertEquals(encodeKnown("KNOWN", TARGET, [], 65536), []);
});

Deno.test("a message is as full as its limit allows", () => {
  for (let maxBytes = 37; maxBytes < 1300; maxBytes++) {
    const [first] = encodeKnown("KNOWN", TARGET, listOf(200), maxBytes);
    const { mortons } = readKnown(first!);
    assert(first!.length <= maxBytes);
    const more = encodeKnown("KNOWN", TARGET, listOf(mortons.length + 1), 65536)[0]!;
    assert(more.length > maxBytes, `${mortons.length} regions in ${maxBytes} bytes`);
  }
});

Deno.test("a group is not checked if one of its hashes was not computed, and regions not held add nothing", () => {
  const hash = { lo: 5, hi: 6 };
  const groupOf = (type: KnownType, ...list: KnownRegion[]) => [
    ...readKnown(encodeKnown(type, TARGET, list, 999)[0]!).groupHashes,
  ];
  assertEquals(groupOf("KNOWN", { morton: 1, version: 1, lod: 0, hash }, { morton: 2, version: 1, lod: 0 }), [
    0,
    0,
  ]);
  const none = { morton: 2, version: 0, lod: LOD_NONE };
  assertEquals(groupOf("VERIFY", { morton: 1, version: 1, lod: 0, hash }, none), [5, 6]);
});

Deno.test("encoding refuses a limit without room and a region that is there twice", () => {
  const one = listOf(1);
  assertThrows(() => encodeKnown("KNOWN", TARGET, one, 36), RangeError, "holds no region");
  assertEquals(encodeKnown("KNOWN", TARGET, one, 37).length, 1);
  assertThrows(() => encodeKnown("KNOWN", TARGET, [...one, ...one], 999), RangeError, "given twice");
});

/** Two regions: the entries begin at 20 and 29, the hash at 38. */
const WHOLE = encodeKnown("KNOWN", TARGET, listOf(2), 999)[0]!;

const DAMAGE: readonly [name: string, offset: number, change: (bytes: Uint8Array) => Uint8Array | void][] = [
  ["another magic", 0, (bytes) => bytes.fill(0, 0, 1)],
  ["nothing at all", 0, () => new Uint8Array(0)],
  ["a cut header", 0, (bytes) => bytes.subarray(0, 15)],
  ["format 3", 4, (bytes) => bytes.fill(3, 4, 5)],
  ["a region level above 7", 5, (bytes) => bytes.fill(8, 5, 6)],
  ["no region", 12, (bytes) => bytes.fill(0, 12, 13)],
  ["no region, and as many bytes", 12, (bytes) => bytes.fill(0, 12, 13).subarray(0, 20)],
  ["a region more than are there", 12, (bytes) => bytes.fill(3, 12, 13)],
  ["four thousand million regions", 12, (bytes) => bytes.fill(255, 12, 16)],
  ["a byte too few", 12, (bytes) => bytes.subarray(0, -1)],
  ["a byte too many", 12, (bytes) => Uint8Array.of(...bytes, 0)],
  ["a name that is not UTF-8", 16, (bytes) => bytes.fill(0xff, 17, 18)],
  ["a name with a control character", 16, (bytes) => bytes.fill(7, 17, 18)],
  ["a region outside its level", 29, (bytes) => bytes.fill(0x10, 30, 31)],
  ["a region that is there twice", 29, (bytes) => bytes.fill(0, 29, 30)],
  ["a LOD of 9", 28, (bytes) => bytes.fill(9, 28, 29)],
  ["a region that is not held", 37, (bytes) => bytes.fill(LOD_NONE, 37, 38)],
];

for (const [name, offset, change] of DAMAGE) {
  Deno.test(`KNOWN is refused at byte ${offset} for ${name}`, () => {
    const bytes = WHOLE.slice();
    readKnown(bytes);
    const error = assertThrows(() => readKnown(change(bytes) ?? bytes), VoxcastError, `at byte ${offset}: `);
    assertEquals(error.code, "UNSUPPORTED_BINARY");
  });
}

Deno.test("a world's name must have 1 to 256 characters", () => {
  for (const world of ["", "w".repeat(257)]) {
    const [bytes] = encodeKnown("KNOWN", { ...TARGET, world }, listOf(1), 65536);
    assertThrows(() => readKnown(bytes!), VoxcastError, "1 to 256 characters");
  }
});

Deno.test("VERIFY may name regions of which nothing is held, and is known by its own magic", () => {
  const [bytes] = encodeKnown("VERIFY", TARGET, [{ morton: 9, version: 0, lod: LOD_NONE }], 999);
  assertEquals(entriesOf(readKnown(bytes!)), [[9, 0, 255]]);
  assertEquals(bytes!.subarray(0, 4).toHex(), "56585646");
  assertEquals([knownType(bytes!), knownType(new Uint8Array(40)), knownType(new Uint8Array(2))], [
    "VERIFY",
    undefined,
    undefined,
  ]);
});

Deno.test("any bytes of a client are read or refused with UNSUPPORTED_BINARY, and regions always ascend", () => {
  const damaged = fc.tuple(
    fc.nat(150).map((count) => encodeKnown("VERIFY", TARGET, listOf(count + 1), 65536)[0]!),
    fc.array(fc.tuple(fc.oneof(fc.nat(60), fc.nat(1500)), fc.nat(255)), { maxLength: 4 }),
    fc.option(fc.nat(1500)),
  ).map(([bytes, changes, length]) => {
    const cut = length === null ? bytes : bytes.slice(0, length);
    for (const [at, value] of changes) cut[at % (cut.length || 1)] = value;
    return cut;
  });
  const headed = fc.uint8Array({ maxLength: 60 }).map((tail) =>
    Uint8Array.of(0x56, 0x58, 0x4b, 0x4e, 1, 4, ...tail)
  );
  fc.assert(
    fc.property(fc.oneof(damaged, headed), (bytes) => {
      try {
        const { mortons, level } = readKnown(bytes);
        assert(mortons.length * 9 < bytes.length);
        for (let i = 0; i < mortons.length; i++) {
          assert(mortons[i]! < 8 ** level && (i === 0 || mortons[i - 1]! < mortons[i]!));
        }
      } catch (error) {
        assert(error instanceof VoxcastError && error.code === "UNSUPPORTED_BINARY", String(error));
      }
    }),
    { numRuns: runs(3000) },
  );
});

function listOf(count: number): KnownRegion[] {
  return Array.from(
    { length: count },
    (_, i) => ({ morton: 3 * i, version: 9, lod: 2, hash: { lo: i, hi: i } }),
  );
}

function entriesOf({ mortons, versions, lods }: KnownRegions): number[][] {
  return [...mortons].map((morton, i) => [morton, versions[i]!, lods[i]!]);
}

function sumOf(group: readonly KnownRegion[]): number[] {
  const modulus = 2 ** 32;
  let [lo, hi] = [0, 0];
  for (const { hash } of group) [lo, hi] = [(lo + hash!.lo) % modulus, (hi + hash!.hi) % modulus];
  return [lo, hi];
}
