import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  BaseMissingError,
  type HeldRegion,
  ProtocolError,
  readRegion,
  readRegionAsync,
} from "../../src/protocol/mod.ts";
import { hashSamples } from "../../src/tree/mod.ts";
import { runs } from "../support/runs.ts";
import { delta, fullFrame, heldOf, refinement } from "./held.ts";
import { smallTree } from "./small_tree.ts";
import { deflate, inflate } from "./zlib.ts";

/** Depth 4: one leaf in each of three bricks, and the second of them moved by one cell and painted. */
const BASE = smallTree(4, [[0, 0xff0000ff, 1], [700, 0xff00ff00, 0], [4095, 0xffff0000, 0]]);
const AFTER = smallTree(4, [[0, 0xff0000ff, 1], [701, 0xff00ff00, 2], [4095, 0xffff0000, 0]]);

type Damage = readonly [name: string, offset: number, change: (bytes: Uint8Array) => Uint8Array | void];

/** Counts of levels 3 and 4 at byte 28; masks at 36 (three) and 39 (three); colours at 42; materials at 54. */
const REFINEMENT = refinement(BASE, 2, 0, 7, 1);
const REFINEMENT_DAMAGE: readonly Damage[] = [
  ["both flags", 7, (bytes) => set(bytes, 7, 0x31)],
  ["a flag that is none", 7, (bytes) => set(bytes, 7, 0x41)],
  ["codec 0", 7, (bytes) => set(bytes, 7, 0x10)],
  ["codec 3", 7, (bytes) => set(bytes, 7, 0x13)],
  ["no payload", 24, (bytes) => resized(bytes, 24)],
  ["one level", 24, (bytes) => set(bytes, 24, 1)],
  ["ten levels", 24, (bytes) => set(bytes, 24, 10)],
  ["levels and LOD deeper than 8", 24, (bytes) => set(bytes, 5, 5)],
  ["no colours", 25, (bytes) => set(bytes, 25, 1)],
  ["an unknown plane", 25, (bytes) => set(bytes, 25, 11)],
  ["no level to continue", 26, (bytes) => set(bytes, 26, 0)],
  ["as many levels to continue as there are", 26, (bytes) => set(bytes, 26, 5)],
  ["a reserved byte that is set", 27, (bytes) => set(bytes, 27, 1)],
  ["counts that are cut off", 28, (bytes) => resized(bytes, 35)],
  ["no node", 28, (bytes) => set(bytes, 28, 0)],
  ["fewer nodes than are continued", 28, (bytes) => set(bytes, 28, 2)],
  ["more nodes than the level can have", 28, (bytes) => set(bytes, 30, 1)],
  ["more nodes than those continued can have", 28, (bytes) => longer(set(set(bytes, 28, 25), 32, 25), 400)],
  ["fewer nodes than above them", 32, (bytes) => set(bytes, 32, 2)],
  ["more nodes than below so many", 32, (bytes) => set(bytes, 32, 25)],
  ["a byte too few", 36, (bytes) => resized(bytes, bytes.length - 1)],
  ["a byte too many", 36, (bytes) => longer(bytes, 1)],
  ["hardly any planes", 36, (bytes) => resized(bytes, 37)],
  ["a mask of 0, made up for by its neighbour", 36, (bytes) => bytes.set([0, 3], 36)],
  ["a mask that names more than are counted", 36, (bytes) => set(bytes, 36, 3)],
  ["a mask of the second level that names more", 36, (bytes) => set(bytes, 39, 3)],
];

/** Brick counts at byte 32, hash at 48, the brick's key at 56, masks at 60, colour at 63, material at 67. */
const DELTA = delta(BASE, AFTER, [7, 8], 1);
const DELTA_DAMAGE: readonly Damage[] = [
  ["both flags", 7, (bytes) => set(bytes, 7, 0x31)],
  ["codec 0", 7, (bytes) => set(bytes, 7, 0x20)],
  ["a LOD", 5, (bytes) => set(bytes, 5, 1)],
  ["no payload", 24, (bytes) => resized(bytes, 24)],
  ["a base that is not older", 24, (bytes) => set(bytes, 24, 8)],
  ["a base that is newer", 24, (bytes) => set(bytes, 27, 1)],
  ["bricks of no level", 28, (bytes) => set(bytes, 28, 0)],
  ["bricks of four levels", 28, (bytes) => set(bytes, 28, 4)],
  ["no colours", 29, (bytes) => set(bytes, 29, 1)],
  ["an unknown plane", 29, (bytes) => set(bytes, 29, 11)],
  ["a reserved field that is set", 30, (bytes) => set(bytes, 31, 1)],
  ["a head that is cut off", 32, (bytes) => resized(bytes, 55)],
  ["more bricks than a region can have", 32, (bytes) => set(bytes, 34, 1)],
  ["more children than one brick has", 36, (bytes) => set(bytes, 36, 9)],
  ["fewer nodes than above them", 40, (bytes) => set(bytes, 40, 0)],
  ["more leaves than so many nodes have", 44, (bytes) => set(bytes, 44, 9)],
  ["a byte too few", 56, (bytes) => resized(bytes, bytes.length - 1)],
  ["a byte too many", 56, (bytes) => longer(bytes, 1)],
  ["another hash", 56, (bytes) => set(bytes, 48, bytes[48]! ^ 1)],
  ["another hash in its high lane", 56, (bytes) => set(bytes, 55, bytes[55]! ^ 1)],
  ["a brick that the region does not have", 56, (bytes) => set(bytes, 56, 8)],
  ["a brick in place of another", 56, (bytes) => set(bytes, 56, 2)],
  ["a mask of 0 below the bricks", 56, (bytes) => set(bytes, 61, 0)],
  ["a mask that names more than are counted", 56, (bytes) => set(bytes, 60, 3)],
  ["another leaf", 56, (bytes) => set(bytes, 62, 1)],
  ["another colour", 56, (bytes) => set(bytes, 63, bytes[63]! ^ 1)],
  ["another material", 56, (bytes) => set(bytes, 67, 3)],
];

const CASES = [
  ...REFINEMENT_DAMAGE.map((damage) => ({ of: "a refinement", whole: REFINEMENT, lod: 2, damage })),
  ...DELTA_DAMAGE.map((damage) => ({ of: "a delta", whole: DELTA, lod: 0, damage })),
];

for (const { of, whole, lod, damage: [name, offset, change] } of CASES) {
  Deno.test(`${of} is refused at byte ${offset} for ${name}`, () => {
    const bytes = whole.slice();
    const held = heldOf(BASE, lod, 7);
    readRegion(held, bytes, unused);
    const error = assertThrows(
      () => readRegion(held, change(bytes) ?? bytes, unused),
      ProtocolError,
      `Cannot read frame at byte ${offset}: `,
    );
    assertEquals(error.offset, offset);
    assert(!(error instanceof BaseMissingError), error.message);
  });
}

Deno.test("a seventh tetrahedron is refused in a refinement of the region and in a delta of a region of one brick", () => {
  const before = smallTree(3, [[0, 0xff0000ff, 0]], "esvt");
  const after = smallTree(3, [[0, 0xff0000ff, 0], [320, 0xff0000ff, 0]], "esvt");
  const bytes = refinement(after, 3, 0, 7, 1);
  assertEquals(bytes[24 + 4 + 12], 0b10_0001);
  set(bytes, 40, 0b100_0001);
  assertThrows(() => readRegion(heldOf(after, 3, 7), bytes, unused), ProtocolError, "only bits 0 to 5");
  const changed = delta(before, after, [7, 8], 1);
  assertEquals(changed[56 + 4], 0b10_0001);
  set(changed, 60, 0b100_0001);
  assertThrows(() => readRegion(heldOf(before, 0, 7), changed, unused), ProtocolError, "only bits 0 to 5");
  const finer = refinement(after, 2, 0, 7, 1);
  assertEquals(readRegion(heldOf(after, 2, 7), finer, unused), heldOf(after, 0, 7));
});

Deno.test("bricks that do not ascend are refused, be they twice the same or the other way round", () => {
  const after = smallTree(4, [[0, 0xff0000ff, 2], [700, 0xff00ff00, 2], [4095, 0xffff0000, 0]]);
  const bytes = delta(BASE, after, [7, 8], 1);
  assertEquals([bytes[56], bytes[60]], [0, 1]);
  for (const [first, second] of [[1, 1], [1, 0]] as const) {
    set(set(bytes, 56, first), 60, second);
    assertThrows(() => readRegion(heldOf(BASE, 0, 7), bytes, unused), ProtocolError, "but keys ascend");
  }
});

Deno.test("a brick outside the region is refused though the hash is that of the outcome", () => {
  const bytes = set(DELTA.slice(), 56, 8);
  const held = heldOf(BASE, 0, 7);
  const outside = 8 * 512 + 701 % 512;
  const { lo, hi } = hashSamples({
    keys: Uint32Array.of(...held.keys, outside),
    colors: Uint32Array.of(...held.colors, 0xff00ff00),
    materials: Uint8Array.of(...held.materials, 2),
  });
  new DataView(bytes.buffer).setUint32(48, lo, true);
  new DataView(bytes.buffer).setUint32(52, hi, true);
  assertThrows(() => readRegion(held, bytes, unused), ProtocolError, "brick 8 is not one of the region's 8");
});

Deno.test("a node without children is refused in a delta though its neighbour makes up for it", () => {
  const two = smallTree(4, [[700, 0xff00ff00, 0], [900, 0xff00ff00, 0]]);
  const bytes = delta(two, smallTree(4, [[701, 0xff00ff00, 0], [901, 0xff00ff00, 0]]), [7, 8], 1);
  // One brick's mask at byte 60, then those of its two nodes.
  assertEquals([...bytes.subarray(32, 45)], [1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2]);
  bytes.set([0, 3], 61);
  assertThrows(
    () => readRegion(heldOf(two, 0, 7), bytes, unused),
    ProtocolError,
    "mask 1 of the planes is 0",
  );
});

Deno.test("a refinement of more nodes than deflate can hold masks of is refused before anything is inflated", () => {
  const nodes = 2600;
  const whole = refinement(smallTree(5, [[0, 9, 0]]), 1, 0, 7, 2);
  const bytes = resized(whole, 32 + 12);
  new DataView(bytes.buffer).setUint32(28, nodes, true);
  const held = {
    ...heldOf(smallTree(5, [[0, 9, 0]]), 1, 7),
    keys: Uint32Array.from({ length: nodes }, (_, i) => i),
    colors: new Uint32Array(nodes),
    materials: new Uint8Array(nodes),
  };
  // Without the masks the colours alone would fit; only with them they are too many.
  assert(nodes * 4.125 < 12 * 1032 && nodes * 5 > 12 * 1032);
  assertThrows(
    () => readRegion(held, bytes, unused),
    ProtocolError,
    `cannot hold planes of ${nodes * 5} bytes`,
  );
});

Deno.test("a delta that leaves nothing is refused", () => {
  const one = smallTree(4, [[700, 0xff00ff00, 0]]);
  const bytes = delta(one, smallTree(4, [[701, 0xff00ff00, 0]]), [7, 8], 1);
  const none = resized(bytes, 61);
  none.fill(0, 36, 48);
  none[60] = 0;
  assertThrows(() => readRegion(heldOf(one, 0, 7), none, unused), ProtocolError, "leaves nothing");
});

Deno.test("bricks of other levels than the region's are refused", () => {
  const bytes = set(delta(smallTree(2, [[1, 9, 0]]), smallTree(2, [[2, 9, 0]]), [7, 8], 1), 29, 3);
  assertEquals(bytes[28], 2);
  assertThrows(() => readRegion(heldOf(BASE, 0, 7), bytes, unused), ProtocolError, "bricks of 2 levels");
});

Deno.test("a reader that knows the world's depth refuses deeper refinements and deltas of more bricks", () => {
  assertThrows(
    () => readRegion(heldOf(BASE, 2, 7), REFINEMENT, unused, { maxDepth: 3 }),
    ProtocolError,
    "do not fit a depth from 1 to 3",
  );
  const all = smallTree(5, [[0, 9, 0], [32767, 9, 0]]);
  const none = smallTree(5, [[1, 9, 0], [32766, 9, 0]]);
  const bytes = delta(all, none, [7, 8], 1);
  assertEquals(readRegion(heldOf(all, 0, 7), bytes, unused, { maxDepth: 5 }).keys.length, 2);
  assertThrows(
    () => readRegion(heldOf(all, 0, 7), bytes, unused, { maxDepth: 3 }),
    ProtocolError,
    "at byte 32",
  );
});

Deno.test("planes that claim more than deflate can hold are refused before anything is inflated", () => {
  const bytes = delta(BASE, AFTER, [7, 8], 2);
  new DataView(bytes.buffer).setUint32(32, 32768, true);
  for (const at of [36, 40, 44]) new DataView(bytes.buffer).setUint32(at, 32768, true);
  assertThrows(() => readRegion(heldOf(BASE, 0, 7), bytes, unused), ProtocolError, "cannot hold planes");
  const finer = refinement(BASE, 2, 0, 7, 2);
  new DataView(finer.buffer).setUint32(28, 512, true);
  new DataView(finer.buffer).setUint32(32, 4096, true);
  const error = assertThrows(() => readRegion(heldOf(BASE, 2, 7), finer, unused), ProtocolError);
  assertEquals(error.offset, 28);
});

Deno.test("deflated refinements and deltas are refused for bytes behind the stream and for a cut one", () => {
  for (
    const [lod, whole] of [[2, refinement(BASE, 2, 0, 7, 2)], [0, delta(BASE, AFTER, [7, 8], 2)]] as const
  ) {
    const held = heldOf(BASE, lod, 7);
    readRegion(held, whole, inflate);
    for (const bytes of [longer(whole, 1), resized(whole, whole.length - 1)]) {
      assertThrows(() => readRegion(held, bytes, inflate), ProtocolError);
    }
  }
  // A stream of other planes of the same length.
  const other = deflate(new Uint8Array(12));
  const bytes = longer(resized(DELTA, 56), other.length);
  bytes.set(other, 56);
  set(bytes, 7, 0x22);
  assertThrows(() => readRegion(heldOf(BASE, 0, 7), bytes, inflate), ProtocolError);
});

/** Frames of every sort over what they continue, and over other things. */
const SURFACE = smallTree(
  3,
  Array.from({ length: 64 }, (_, i) => [i * 8 + i % 8, 0xff000000 + i, i % 3] as const),
);
const EDITED = smallTree(
  3,
  Array.from({ length: 60 }, (_, i) => [i * 8 + i % 7, 0xff000000 + i, i % 4] as const),
);
const TETS = smallTree(
  4,
  Array.from({ length: 50 }, (_, i) => [i * 60, 0xff000000 + i, i % 3] as const),
  "esvt",
);
const FEWER = smallTree(
  4,
  Array.from({ length: 40 }, (_, i) => [i * 60, 0xff000000 + i, i % 3] as const),
  "esvt",
);
const SCENES = ([1, 2] as const).flatMap((codec) => [
  { held: heldOf(BASE, 2, 7), frame: refinement(BASE, 2, 0, 7, codec) },
  { held: heldOf(BASE, 0, 7), frame: delta(BASE, AFTER, [7, 8], codec) },
  { held: heldOf(SURFACE, 3, 7), frame: refinement(SURFACE, 3, 0, 7, codec) },
  { held: heldOf(SURFACE, 0, 7), frame: delta(SURFACE, EDITED, [7, 8], codec) },
  { held: heldOf(TETS, 4, 7), frame: refinement(TETS, 4, 1, 7, codec) },
  { held: heldOf(TETS, 0, 7), frame: delta(TETS, FEWER, [7, 8], codec) },
  { held: undefined, frame: delta(TETS, FEWER, [7, 8], codec) },
  { held: undefined, frame: fullFrame(TETS, 1, 7, codec) },
]);

const mutated = fc.tuple(
  fc.constantFrom(...SCENES),
  fc.array(fc.tuple(fc.oneof(fc.nat(70), fc.nat(700)), fc.nat(255)), { maxLength: 4 }),
  fc.option(fc.nat(700)),
  fc.boolean(),
).map(([{ held, frame }, changes, length, told]) => {
  let bytes = frame.slice();
  if (length !== null) {
    bytes = new Uint8Array(length);
    bytes.set(frame.subarray(0, length));
  }
  for (const [at, value] of changes) bytes[at % (bytes.length || 1)] = value;
  if (told && bytes.length >= 24) new DataView(bytes.buffer).setUint32(20, bytes.length - 24, true);
  return { held, bytes };
});

Deno.test("damaged refinements and deltas are applied or refused with a ProtocolError, and memory stays in proportion", () => {
  let applied = 0;
  fc.assert(
    fc.property(mutated, ({ held, bytes }) => {
      const before = structuredClone(held);
      try {
        const region = readRegion(held, bytes, (deflated, exactBytes) => {
          assert(exactBytes <= deflated.length * 1032, `asked for ${exactBytes} bytes of ${deflated.length}`);
          return inflate(deflated, exactBytes);
        });
        applied++;
        checkRegion(region);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
        assert(!String(error.cause).includes("asked for"), String(error.cause));
      }
      assertEquals(held, before, "what was held is as it was");
    }),
    { numRuns: runs(5000) },
  );
  assert(applied > 100, `only ${applied} of them were applied`);
});

Deno.test("damaged refinements and deltas do the same with the platform's inflater", async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async ({ held, bytes }) => {
      try {
        checkRegion(await readRegionAsync(held, bytes));
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: runs(500) },
  );
});

Deno.test("arbitrary bytes behind the head of a refinement or delta are applied or refused with a ProtocolError", () => {
  const scene = fc.constantFrom(...SCENES.filter(({ held }) => held !== undefined));
  fc.assert(
    fc.property(scene, fc.uint8Array({ maxLength: 120 }), fc.nat(32), ({ held, frame }, tail, kept) => {
      const bytes = new Uint8Array(24 + kept + tail.length);
      bytes.set(frame.subarray(0, 24 + kept));
      bytes.set(tail, 24 + kept);
      new DataView(bytes.buffer).setUint32(20, bytes.length - 24, true);
      try {
        checkRegion(readRegion(held, bytes, inflate));
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: runs(3000) },
  );
});

function checkRegion({ kind, levels, keys, colors, materials }: HeldRegion): void {
  assert(colors.length === keys.length && materials.length === keys.length);
  for (let i = 1; i < keys.length; i++) assert(keys[i - 1]! < keys[i]!, "keys ascend");
  if (keys.length === 0 || levels < 2) return;
  const root = keys[keys.length - 1]! >>> (3 * (levels - 2));
  assert(root < (kind === "esvt" ? 6 : 8), `root ${root} is one of the region's`);
}

function set(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  bytes[offset] = value;
  return bytes;
}

function longer(bytes: Uint8Array, by: number): Uint8Array {
  return resized(bytes, bytes.length + by);
}

/** The frame with a payload of another length that the header agrees with. */
function resized(bytes: Uint8Array, length: number): Uint8Array {
  const other = new Uint8Array(length);
  other.set(bytes.subarray(0, length));
  new DataView(other.buffer).setUint32(20, length - 24, true);
  return other;
}

function unused(): never {
  throw new Error("Nothing is inflated here");
}
