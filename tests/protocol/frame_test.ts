import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeLevel, emptyTree, type Tree, type TreeKind } from "../../src/tree/mod.ts";
import {
  decodeFrame,
  encodeEmptyFrame,
  encodeFrame,
  encodePayload,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  type FrameCodec,
  type FrameFields,
  kindOfFormat,
  ProtocolError,
  readFrameHeader,
} from "../../src/protocol/mod.ts";
import { GOLDEN, goldenBytes, voxelsOf } from "./golden.ts";
import { smallTree, type Voxel } from "./small_tree.ts";
import { deflate, inflate } from "./zlib.ts";
import { keyTree, sheetVoxels, tetsOfVoxels } from "../tree/key_tree.ts";
import { runs } from "../support/runs.ts";

const FIELDS: FrameFields = { kind: "esvo", lod: 0, level: 4, morton: 43, version: 7, codec: 2 };

for (const golden of GOLDEN) {
  Deno.test(`golden frame decodes to its nodes: ${golden.name}`, () => {
    const frame = decodeFrame(goldenBytes(golden), inflate);
    const { lod, level, morton, version, codec } = golden.fields;
    const payloadBytes = golden.hex.length / 2 - FRAME_HEADER_BYTES;
    const format = golden.fields.kind === "esvo" ? 1 : 2;
    assertEquals(frame.header, { format, lod, level, morton, version, codec, flags: 0, payloadBytes });
    assertEquals(frame.depth, golden.nodes.length === 0 ? 0 : golden.depth);
    assertEquals(frame.levels, golden.nodes.length === 0 ? 0 : golden.depth - lod + 1);
    assertEquals(nodesOf(frame), voxelsOf(golden.nodes));
  });

  Deno.test(`golden frame is what encoding its voxels gives: ${golden.name}`, () => {
    const tree = smallTree(golden.depth, voxelsOf(golden.voxels), golden.fields.kind);
    const { lod, codec } = golden.fields;
    // Deflaters may differ in the bytes they choose, so the golden ones are taken if they hold the same planes.
    const payload = encodePayload(tree, lod, codec, (planes) => {
      const body = goldenBytes(golden).subarray(FRAME_HEADER_BYTES + 4 + 4 * (golden.depth - lod + 1));
      assertEquals(inflate(body, planes.length), planes);
      return body;
    });
    assertEquals(encodeFrame(golden.fields, payload).toHex(), golden.hex);
  });
}

Deno.test("a frame of any tree, LOD and codec decodes to the tree's level", () => {
  const voxelSets = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom<TreeKind[]>("esvo", "esvt"))
    .chain(([depth, kind]) =>
      fc.tuple(
        fc.constant(depth),
        fc.constant(kind),
        voxels(kind === "esvo" ? 8 ** depth : 6 * 8 ** (depth - 1)),
        fc.integer({ min: 0, max: depth }),
        fc.constantFrom(0, 1, 2),
      )
    );
  fc.assert(
    fc.property(voxelSets, ([depth, kind, set, lod, codec]) => {
      const tree = smallTree(depth, set, kind);
      const frame = decodeFrame(frameOf(tree, lod, codec as FrameCodec), inflate);
      const expected = decodeLevel(tree, lod);
      assertEquals(frame.keys, expected.keys);
      assertEquals(frame.colors, expected.colors);
      assertEquals(frame.materials, expected.materials);
      assertEquals(frame.depth, depth);
      assertEquals(kindOfFormat(frame.header.format), kind);
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("the largest key and the greatest depth survive", () => {
  const set: Voxel[] = [[0, 0xff0000ff, 3], [8 ** 8 - 1, 0x01020304, 255]];
  const frame = decodeFrame(frameOf(smallTree(8, set), 0, 2), inflate);
  assertEquals(nodesOf(frame), set);
  assertEquals(frame.levels, 9);
  const tets: Voxel[] = [[0, 0xff0000ff, 3], [6 * 8 ** 7 - 1, 0x01020304, 255]];
  for (const codec of [0, 1, 2] as const) {
    assertEquals(nodesOf(decodeFrame(frameOf(smallTree(8, tets, "esvt"), 0, codec), inflate)), tets);
  }
});

Deno.test("a tetree and an octree of the same keys differ in their frames by the format alone", () => {
  const set: Voxel[] = [[5, 0xff0000ff, 3], [40, 0xff00ff00, 0]];
  for (const codec of [0, 1, 2] as const) {
    const octree = frameOf(smallTree(2, set), 0, codec);
    const tetree = frameOf(smallTree(2, set, "esvt"), 0, codec);
    assertEquals([octree[4], tetree[4]], [1, 2]);
    assertEquals(octree.subarray(5), tetree.subarray(5));
  }
});

Deno.test("a frame of descriptors reads far pointers of a region of more than 32,767 nodes", () => {
  const tree = keyTree("esvt", 8, tetsOfVoxels(sheetVoxels(8, 4), 8));
  const bytes = frameOf(tree, 0, 0);
  const { keys } = decodeLevel(tree, 0);
  const decoded = decodeFrame(bytes, unused).keys;
  assert(decoded.length === keys.length && decoded.every((key, i) => key === keys[i]));
  const records = new DataView(bytes.buffer).getUint32(24 + 4 + 4 * 9, true);
  assert(records > tree.masks.length, `${records} records for ${tree.masks.length} nodes`);
});

Deno.test("the magic reads RVSE on the wire and the key is 64 bits", () => {
  const bytes = encodeEmptyFrame({ ...FIELDS, level: 7, morton: 8 ** 7 - 1 });
  assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "RVSE");
  const view = new DataView(bytes.buffer);
  assertEquals(view.getUint32(0, true), FRAME_MAGIC);
  assertEquals(view.getBigUint64(8, true), 2097151n);
});

Deno.test("a tree without voxels has an empty payload, and so an empty frame", () => {
  const payload = encodePayload(emptyTree("esvo", 6), 2, 2, unused);
  assertEquals(payload.length, 0);
  assertEquals(encodeFrame(FIELDS, payload), encodeEmptyFrame(FIELDS));
  assertEquals(decodeFrame(encodeEmptyFrame(FIELDS), unused).keys.length, 0);
});

Deno.test("materials are left out when all are 0 and come back as zeros", () => {
  const without = encodePayload(smallTree(2, [[1, 9, 0], [2, 9, 0]]), 0, 1, unused);
  const withOne = encodePayload(smallTree(2, [[1, 9, 0], [2, 9, 1]]), 0, 1, unused);
  assertEquals([without[1], withOne[1], withOne.length - without.length], [3, 7, 2]);
  assertEquals(
    decodeFrame(encodeFrame({ ...FIELDS, codec: 1 }, without), unused).materials,
    new Uint8Array(2),
  );
});

Deno.test("encoding refuses what has no place in the frame", () => {
  const tree = smallTree(3, [[1, 9, 0]]);
  assertThrows(() => encodePayload(tree, 4, 1, unused), RangeError, "depth 3");
  assertThrows(() => encodePayload(tree, 4, 0, unused), RangeError, "depth 3");
  const wrong: [Partial<FrameFields>, string][] = [
    [{ level: 8 }, "level"],
    [{ lod: -1 }, "lod"],
    [{ version: 2 ** 32 }, "version"],
    [{ version: 1.5 }, "version"],
    [{ level: 1, morton: 8 }, "morton"],
  ];
  for (const [fields, name] of wrong) {
    assertThrows(() => encodeEmptyFrame({ ...FIELDS, ...fields }), RangeError, `Frame field ${name} must be`);
  }
});

/** A plain frame that each case below damages in one place. */
const PLAIN = frameOf(smallTree(2, [[0, 0xff00ffff, 1], [9, 0xff00ff00, 0]]), 0, 1);

const DAMAGE: readonly [name: string, offset: number, change: (bytes: Uint8Array) => Uint8Array | void][] = [
  ["a cut header", 0, (bytes) => bytes.subarray(0, 23)],
  ["another magic", 0, (bytes) => set(bytes, 0, 0)],
  ["format 3", 4, (bytes) => set(bytes, 4, 3)],
  ["a LOD above every depth", 5, (bytes) => set(bytes, 5, 9)],
  ["a region level above 7", 6, (bytes) => set(bytes, 6, 8)],
  ["codec 3", 7, (bytes) => set(bytes, 7, 3)],
  ["the flags of refinement and delta at once", 7, (bytes) => set(bytes, 7, 0x31)],
  ["a flag that is none", 7, (bytes) => set(bytes, 7, 0x81)],
  ["a key outside its level", 8, (bytes) => set(bytes, 9, 0x10)],
  ["a key above 32 bits", 8, (bytes) => set(bytes, 12, 1)],
  ["a payload that is longer than said", 20, (bytes) => Uint8Array.of(...bytes, 0)],
  ["a payload that is shorter than said", 20, (bytes) => bytes.subarray(0, -1)],
  ["no node level", 24, (bytes) => set(bytes, 24, 0)],
  ["ten node levels", 24, (bytes) => set(bytes, 24, 10)],
  ["levels and LOD deeper than 8", 24, (bytes) => set(bytes, 5, 7)],
  ["a depth of 0", 24, (bytes) => set(bytes, 24, 1)],
  ["no colours", 25, (bytes) => set(bytes, 25, 5)],
  ["an unknown plane", 25, (bytes) => set(bytes, 25, 15)],
  ["a reserved field that is set", 26, (bytes) => set(bytes, 27, 1)],
  ["counts that are cut off", 28, (bytes) => resized(bytes, 24 + 12)],
  ["a payload too short for a count", 24, (bytes) => resized(bytes, 24 + 7)],
  ["no root", 28, (bytes) => set(bytes, 28, 0)],
  ["two roots", 28, (bytes) => set(bytes, 28, 2)],
  ["nine children of one node", 32, (bytes) => set(bytes, 32, 9)],
  ["fewer nodes than parents", 36, (bytes) => set(bytes, 36, 1)],
  ["a count of four thousand million", 36, (bytes) => set(bytes, 39, 0xff)],
  ["a missing plane byte", 40, (bytes) => resized(bytes, bytes.length - 1)],
  ["a plane byte too many", 40, (bytes) => resized(bytes, bytes.length + 1)],
  ["a mask without a child, made up for by its neighbour", 40, (bytes) => bytes.set([0, 3], 41)],
  ["a mask with more children than counted", 40, (bytes) => set(bytes, 40, 0x83)],
];

/** The same for a tetree whose masks are 0x21, 0x02, 0x01; the counts end at byte 40. */
const TETREE = frameOf(smallTree(2, [[1, 0xff00ffff, 1], [40, 0xff00ff00, 0]], "esvt"), 0, 1);

const TETREE_DAMAGE: typeof DAMAGE = [
  ["a seventh tetrahedron", 40, (bytes) => set(bytes, 40, 0x41)],
  ["an eighth tetrahedron", 40, (bytes) => set(bytes, 40, 0x81)],
  ["seven roots", 32, (bytes) => set(bytes, 32, 7)],
  ["no root that is there", 40, (bytes) => set(bytes, 40, 0)],
  ["a root more than counted", 40, (bytes) => set(bytes, 40, 0x23)],
];

/** An octree of three descriptors: their number at byte 40, the root's at 44, its children's at 52 and 60. */
const DESCRIPTORS = frameOf(smallTree(2, [[0, 0xff00ffff, 1], [9, 0xff00ff00, 0]]), 0, 0);

const DESCRIPTOR_DAMAGE: typeof DAMAGE = [
  ["no number of descriptors", 40, (bytes) => resized(bytes, 43)],
  ["a descriptor fewer than are there", 40, (bytes) => set(bytes, 40, 2)],
  ["more descriptors than memory", 40, (bytes) => bytes.set([255, 255, 255, 255], 40)],
  ["a root without children", 40, (bytes) => set(bytes, 45, 0)],
  ["a pointer to itself", 40, (bytes) => set(bytes, 46, 0)],
  ["a pointer beyond the end", 40, (bytes) => set(bytes, 46, 4)],
  ["a far pointer into a node", 40, (bytes) => set(bytes, 46, 3)],
  ["fewer levels than counted", 40, (bytes) => bytes.set([0, 3], 44)],
  ["more levels than counted", 40, (bytes) => set(bytes, 52, 1)],
  ["more children than counted", 40, (bytes) => set(bytes, 53, 3)],
  ["fewer nodes counted than described", 40, (bytes) => set(bytes, 32, 1)],
];

Deno.test("a region cut at its root has no descriptors, and one that has some is refused", () => {
  const tree = smallTree(2, [[0, 0xff00ffff, 0]]);
  const frame = frameOf(tree, 2, 0);
  assertEquals([frame.length, decodeFrame(frame, unused).colors[0]], [24 + 8 + 4 + 4, 0xff00ffff]);
  const more = Uint8Array.of(
    ...frame.subarray(0, 32),
    1,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    ...frame.subarray(36),
  );
  const error = assertThrows(() => decodeFrame(resized(more, more.length), unused), ProtocolError);
  assertEquals(error.offset, 32);
  assertStringIncludes(error.message, "the descriptors have 1 levels, 0 are counted");
});

const DAMAGED = [
  ...DAMAGE.map((damage) => ({ of: "a frame", whole: PLAIN, damage })),
  ...TETREE_DAMAGE.map((damage) => ({ of: "a tetree's frame", whole: TETREE, damage })),
  ...DESCRIPTOR_DAMAGE.map((damage) => ({ of: "a frame of descriptors", whole: DESCRIPTORS, damage })),
];

for (const { of, whole, damage: [name, offset, change] } of DAMAGED) {
  Deno.test(`${of} is refused at byte ${offset} for ${name}`, () => {
    const bytes = whole.slice();
    decodeFrame(bytes, unused);
    const error = assertThrows(() => decodeFrame(change(bytes) ?? bytes, unused), ProtocolError);
    assertEquals(error.offset, offset);
    assert(error.message.startsWith(`Cannot read frame at byte ${offset}: `), error.message);
  });
}

Deno.test("a deflated frame is refused for bytes after the stream, a cut stream, and a stream of another size", () => {
  const tree = smallTree(3, [[0, 0xff00ffff, 1], [9, 0xff00ff00, 0]]);
  const payload = (deflate: (planes: Uint8Array) => Uint8Array): Uint8Array =>
    encodePayload(tree, 0, 2, deflate);
  const bodies: [string, Uint8Array][] = [
    ["leftover", payload((planes) => Uint8Array.of(...deflate(planes), 0))],
    ["cut", payload((planes) => deflate(planes).subarray(0, -1))],
    ["longer", payload((planes) => deflate(Uint8Array.of(...planes, 0)))],
    ["shorter", payload((planes) => deflate(planes.subarray(1)))],
    ["not zlib", payload((planes) => planes)],
    ["no body", payload(() => new Uint8Array(0))],
  ];
  decodeFrame(encodeFrame(FIELDS, payload(deflate)), inflate);
  for (const [name, body] of bodies) {
    const error = assertThrows(
      () => decodeFrame(encodeFrame(FIELDS, body), inflate),
      ProtocolError,
      undefined,
      name,
    );
    assertEquals(error.offset, 24 + 4 + 4 * 4, name);
  }
});

Deno.test("planes of another size are refused though the inflater lets them pass", () => {
  const tree = smallTree(3, [[0, 0xff00ffff, 1], [9, 0xff00ff00, 0]]);
  for (const change of [-1, 1]) {
    let planes = new Uint8Array(0);
    const payload = encodePayload(tree, 0, 2, (exact) => {
      planes = new Uint8Array(exact.length + change);
      planes.set(exact.subarray(0, planes.length));
      return deflate(planes);
    });
    assertThrows(() => decodeFrame(encodeFrame(FIELDS, payload), () => planes), ProtocolError, "came out");
  }
});

Deno.test("a frame that claims 8^8 voxels in a few bytes is refused before anything is inflated", () => {
  const payload = new Uint8Array(4 + 9 * 4 + 50);
  const view = new DataView(payload.buffer);
  view.setUint8(0, 9);
  view.setUint8(1, 7);
  for (let level = 0; level < 9; level++) view.setUint32(4 + level * 4, 8 ** level, true);
  const error = assertThrows(() => decodeFrame(encodeFrame(FIELDS, payload), unused), ProtocolError);
  assertEquals(
    error.message,
    "Cannot read frame at byte 64: 50 deflated bytes cannot hold planes of 86282825 bytes",
  );
});

Deno.test("a reader that knows the world's depth refuses deeper regions", () => {
  const bytes = frameOf(smallTree(4, [[1, 9, 0]]), 1, 1);
  assertEquals(decodeFrame(bytes, unused, { maxDepth: 4 }).depth, 4);
  assertThrows(
    () => decodeFrame(bytes, unused, { maxDepth: 3 }),
    ProtocolError,
    "do not fit a depth from 1 to 3",
  );
});

Deno.test("the header can be read from the first 24 bytes alone", () => {
  const header = readFrameHeader(PLAIN.subarray(0, 24));
  assertEquals(header.morton, 43);
  assertEquals(header.payloadBytes, PLAIN.length - 24);
  const flagged = PLAIN.slice(0, 24);
  flagged[7] = 0x32;
  assertEquals([readFrameHeader(flagged).codec, readFrameHeader(flagged).flags], [2, 0x30]);
});

function voxels(cells: number): fc.Arbitrary<Voxel[]> {
  const voxel = fc.tuple(
    fc.integer({ min: 0, max: cells - 1 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.constantFrom(0, 0, 0, 1, 255),
  );
  return fc.uniqueArray(voxel, { minLength: 1, maxLength: 60, selector: (v) => v[0] });
}

function frameOf(tree: Tree, lod: number, codec: FrameCodec): Uint8Array {
  return encodeFrame({ ...FIELDS, kind: tree.kind, lod, codec }, encodePayload(tree, lod, codec, deflate));
}

function nodesOf(frame: { keys: Uint32Array; colors: Uint32Array; materials: Uint8Array }): Voxel[] {
  return [...frame.keys].map((key, i) => [key, frame.colors[i]!, frame.materials[i]!]);
}

function set(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
}

/** The frame with a payload of another length that the header agrees with. */
function resized(bytes: Uint8Array, length: number): Uint8Array {
  const other = new Uint8Array(length);
  other.set(bytes.subarray(0, length));
  new DataView(other.buffer).setUint32(20, length - 24, true);
  return other;
}

function unused(): never {
  throw new Error("Nothing is deflated here");
}
