import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { brickLevelsOf, levelHash } from "../../src/tree/mod.ts";
import {
  applyFrame,
  BaseMissingError,
  decodeFrame,
  encodeDeltaPayload,
  encodeEmptyFrame,
  encodeFrame,
  FLAG_DELTA,
  heldFrame,
  type HeldRegion,
  openFrame,
  planesBytesOn,
  ProtocolError,
  readRegion,
  readRegionAsync,
  type RefineCodec,
} from "../../src/protocol/mod.ts";
import { encodeMorton } from "../../src/space/mod.ts";
import { sheetVoxels, tetsOfVoxels } from "../tree/key_tree.ts";
import { keysOf, regionVoxels } from "../tree/region_versions.ts";
import { runs } from "../support/runs.ts";
import { delta, fullFrame, heldOf, refinement } from "./held.ts";
import { smallTree, type Voxel } from "./small_tree.ts";
import { deflate, inflate } from "./zlib.ts";

const CODECS = fc.constantFrom<RefineCodec[]>(1, 2);

/** A region, and LODs from a coarse one down to a fine one. */
const CHAIN = regionVoxels().filter(({ after }) => after.length > 0).chain((region) =>
  fc.record({
    region: fc.constant(region),
    codec: CODECS,
    lods: fc.uniqueArray(fc.integer({ min: 0, max: region.depth }), { minLength: 2, maxLength: 5 })
      .map((lods) => lods.sort((a, b) => b - a)),
  })
);

Deno.test("a coarse frame and any chain of refinements give exactly the full frame of the last LOD", () => {
  fc.assert(
    fc.property(CHAIN, ({ region: { kind, depth, after }, codec, lods }) => {
      const tree = smallTree(depth, after, kind);
      let held: HeldRegion | undefined = readRegion(undefined, fullFrame(tree, lods[0]!, 5, codec), inflate);
      for (let i = 1; i < lods.length; i++) {
        const frame = refinement(tree, lods[i - 1]!, lods[i]!, 5, codec);
        const before = structuredClone(held);
        const next = readRegion(held, frame, inflate);
        assertEquals(held, before, "what was held is as it was");
        held = next;
        assertEquals(held, heldOf(tree, lods[i]!, 5));
      }
      const last = heldFrame(decodeFrame(fullFrame(tree, lods.at(-1)!, 5, codec), inflate));
      assertEquals(held, last);
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("a version and a delta give exactly the full frame of the new version", () => {
  const cases = fc.tuple(regionVoxels(), CODECS, fc.infiniteStream(fc.nat()));
  fc.assert(
    fc.property(cases, ([{ kind, depth, before, after }, codec, naturals]) => {
      if (before.length === 0 || after.length === 0) return;
      const base = smallTree(depth, before, kind);
      const tree = smallTree(depth, after, kind);
      // A brick that has not changed may be named, as where several versions are taken together.
      const bricks = Math.max(1, keysOf(kind, depth) / 8 ** brickLevelsOf(depth));
      const extra = [...naturals.take(2)].map((natural) => natural % bricks);
      const held = heldOf(base, 0, 7);
      const frame = delta(base, tree, [7, 9], codec, extra);
      const copy = structuredClone(held);
      assertEquals(readRegion(held, frame, inflate), heldOf(tree, 0, 9));
      assertEquals(held, copy, "what was held is as it was");
      assertEquals(
        readRegion(held, frame, inflate),
        heldFrame(decodeFrame(fullFrame(tree, 0, 9, codec), inflate)),
      );
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("the platform's inflater gives the same regions", async () => {
  await fc.assert(
    fc.asyncProperty(regionVoxels(4), async ({ kind, depth, before, after }) => {
      if (before.length === 0 || after.length === 0) return;
      const base = smallTree(depth, before, kind);
      const tree = smallTree(depth, after, kind);
      let held = await readRegionAsync(undefined, fullFrame(base, depth, 7, 2));
      held = await readRegionAsync(held, refinement(base, depth, 0, 7, 2));
      held = await readRegionAsync(held, delta(base, tree, [7, 8], 2));
      assertEquals(held, heldOf(tree, 0, 8));
    }),
    { numRuns: runs(40) },
  );
});

Deno.test("a version that changed nothing is a delta without bricks, also deflated", async () => {
  const tree = smallTree(5, [[3, 0xff0000ff, 1], [30000, 0xff00ff00, 0]]);
  for (const codec of [1, 2] as const) {
    const frame = delta(tree, tree, [7, 8], codec);
    assertEquals(readRegion(heldOf(tree, 0, 7), frame, inflate), heldOf(tree, 0, 8));
    assertEquals(await readRegionAsync(heldOf(tree, 0, 7), frame), heldOf(tree, 0, 8));
  }
});

Deno.test("a full or an empty frame replaces whatever is held", () => {
  const tree = smallTree(3, [[3, 0xff0000ff, 1]]);
  const other = heldOf(smallTree(3, [[9, 0xff0000ff, 0]]), 1, 90);
  assertEquals(readRegion(other, fullFrame(tree, 0, 5, 2), inflate), heldOf(tree, 0, 5));
  const empty = encodeEmptyFrame({ kind: "esvo", lod: 0, level: 4, morton: 43, version: 6, codec: 2 });
  const held = readRegion(other, empty, inflate);
  assertEquals([held.version, held.levels, held.keys.length, held.colors.length], [6, 0, 0, 0]);
});

Deno.test("a 4^3 entity that moves in a painted region of 64^3 costs at most a twentieth of the full frame", () => {
  const ground = [...sheetVoxels(6, 1)].map((
    key,
  ): Voxel => [key, paint(key), 0]);
  for (const kind of ["esvo", "esvt"] as const) {
    const [before, after] = [30, 31].map((x) => {
      const voxels = new Map(ground.map((voxel) => [voxel[0], voxel]));
      for (let i = 0; i < 64; i++) {
        const key = encodeMorton(x + i % 4, 56 + (i >> 2) % 4, 20 + (i >> 4));
        voxels.set(key, [key, 0xff0000ff, 7]);
      }
      if (kind === "esvo") return smallTree(6, [...voxels.values()]);
      const tets = tetsOfVoxels(Uint32Array.from(voxels.keys()), 6);
      return smallTree(6, [...tets].map((key): Voxel => [key, paint(key), 0]), kind);
    });
    const full = fullFrame(after!, 0, 9, 2);
    const changed = delta(before!, after!, [7, 9], 2);
    assert(full.length > 8192, `${full.length} bytes`);
    assert(changed.length * 20 <= full.length, `${changed.length} of ${full.length} bytes for ${kind}`);
    assertEquals(readRegion(heldOf(before!, 0, 7), changed, inflate), heldOf(after!, 0, 9));
    const steps = [[6, 3], [3, 0]] as const;
    let held = readRegion(undefined, fullFrame(after!, 6, 9, 2), inflate);
    let bytes = 0;
    for (const [from, to] of steps) {
      const frame = refinement(after!, from, to, 9, 2);
      held = readRegion(held, frame, inflate);
      bytes += frame.length;
    }
    assertEquals(held, heldOf(after!, 0, 9));
    assert(bytes < full.length * 1.05, `${bytes} bytes in steps, ${full.length} in one`);
  }
});

/** Depth 4, two bricks, with materials. */
const BASE = smallTree(4, [[0, 0xff0000ff, 1], [700, 0xff00ff00, 0], [4095, 0xffff0000, 0]]);
const AFTER = smallTree(4, [[0, 0xff0000ff, 1], [701, 0xff00ff00, 2], [4095, 0xffff0000, 0]]);

const NOT_THE_BASE: readonly (readonly [string, HeldRegion | undefined, string])[] = [
  ["nothing", undefined, "nothing is held"],
  ["another version", heldOf(BASE, 0, 6), "version 6 of kind esvo is held at LOD 0"],
  ["another LOD", heldOf(BASE, 1, 7), "version 7 of kind esvo is held at LOD 1"],
  ["the other kind", { ...heldOf(BASE, 0, 7), kind: "esvt" }, "version 7 of kind esvt is held"],
  ["an empty region", { ...heldOf(BASE, 0, 7), levels: 0, keys: new Uint32Array(0) }, "is held as empty"],
];

for (const [name, held, words] of NOT_THE_BASE) {
  Deno.test(`a delta over ${name} is refused as one whose base is missing`, async () => {
    const frame = delta(BASE, AFTER, [7, 8], 2);
    const error = assertThrows(() => readRegion(held, frame, unused), BaseMissingError, words);
    assertEquals([error.name, error.offset], ["BaseMissingError", 24]);
    assert(error instanceof ProtocolError);
    await assertRejects(() => readRegionAsync(held, frame), BaseMissingError, words);
    assertThrows(() => applyFrame(held, openFrame(frame), new Uint8Array(0)), BaseMissingError, words);
  });
}

const NOT_THE_COARSE: typeof NOT_THE_BASE = [
  ["nothing", undefined, "nothing is held"],
  ["another version", heldOf(BASE, 2, 6), "version 6 of kind esvo is held at LOD 2"],
  ["a coarser LOD", heldOf(BASE, 3, 7), "version 7 of kind esvo is held at LOD 3"],
  ["a finer LOD", heldOf(BASE, 1, 7), "version 7 of kind esvo is held at LOD 1"],
  ["the other kind", { ...heldOf(BASE, 2, 7), kind: "esvt" }, "version 7 of kind esvt is held"],
  ["a region of another depth", { ...heldOf(BASE, 2, 7), lod: 1 }, "is held at LOD 1"],
  ["an empty region", { ...heldOf(BASE, 2, 7), levels: 0, keys: new Uint32Array(0) }, "is held as empty"],
];

for (const [name, held, words] of NOT_THE_COARSE) {
  Deno.test(`a refinement over ${name} is refused as one whose base is missing`, async () => {
    const frame = refinement(BASE, 2, 0, 7, 2);
    const error = assertThrows(() => readRegion(held, frame, unused), BaseMissingError, words);
    assertEquals([error.name, error.offset], ["BaseMissingError", 24]);
    await assertRejects(() => readRegionAsync(held, frame), BaseMissingError, words);
    assertThrows(() => planesBytesOn(openFrame(frame), held), BaseMissingError, words);
  });
}

Deno.test("frames that continue a region are refused by the decoder of full ones, by name", () => {
  assertThrows(() => decodeFrame(delta(BASE, AFTER, [7, 8], 1), unused), ProtocolError, "at byte 7: a delta");
  assertThrows(
    () => decodeFrame(refinement(BASE, 2, 0, 7, 1), unused),
    ProtocolError,
    "at byte 7: a refinement",
  );
});

Deno.test("a delta with a wrong hash, or one that leaves a changed brick out, is found by the hash", () => {
  const held = heldOf(BASE, 0, 7);
  const fields = {
    kind: "esvo",
    lod: 0,
    level: 4,
    morton: 43,
    version: 8,
    codec: 1,
    flags: FLAG_DELTA,
  } as const;
  const wrong = encodeDeltaPayload(
    { tree: AFTER, baseVersion: 7, bricks: Uint32Array.of(1), hash: levelHash(BASE, 0) },
    1,
    deflate,
  );
  const missing = encodeDeltaPayload(
    { tree: AFTER, baseVersion: 7, bricks: Uint32Array.of(0), hash: levelHash(AFTER, 0) },
    1,
    deflate,
  );
  for (const payload of [wrong, missing]) {
    const error = assertThrows(
      () => readRegion(held, encodeFrame(fields, payload), unused),
      ProtocolError,
      "has not the hash",
    );
    assert(!(error instanceof BaseMissingError));
  }
});

Deno.test("a delta over leaves that are not those of its base is found by the hash", () => {
  fc.assert(
    fc.property(
      fc.nat(2),
      fc.constantFrom<("keys" | "colors" | "materials")[]>("keys", "colors", "materials"),
      (at, of) => {
        const held = structuredClone(heldOf(BASE, 0, 7));
        held[of][at] = of === "keys" ? held.keys[at]! ^ 1 : held[of][at]! ^ 3;
        const frame = delta(BASE, AFTER, [7, 8], 1);
        // Leaf 1 lies in the brick that the delta replaces.
        if (at === 1) assertEquals(readRegion(held, frame, unused), heldOf(AFTER, 0, 8));
        else assertThrows(() => readRegion(held, frame, unused), ProtocolError, "has not the hash");
      },
    ),
    { numRuns: runs(30) },
  );
});

Deno.test("encoding refuses what has no place in a refinement or a delta", () => {
  const empty = smallTree(4, []);
  for (const [from, to] of [[2, 2], [1, 2], [5, 0], [2, -1], [2, 0.5]] as const) {
    assertThrows(() => refinement(BASE, from, to, 7, 1), RangeError, "cannot lead");
  }
  assertThrows(() => refinement(empty, 2, 0, 7, 1), RangeError, "nothing to refine");
  assertThrows(() => delta(BASE, empty, [7, 8], 1), RangeError, "no bricks");
  assertThrows(() => delta(BASE, AFTER, [7, 8], 1, [8]), RangeError, "must be below 8");
  assertThrows(
    () => delta(smallTree(4, [[1, 9, 0]], "esvt"), smallTree(4, [[1, 9, 0]], "esvt"), [7, 8], 1, [6]),
    RangeError,
    "must be below 6",
  );
});

/** A colour with some noise in two channels, as ground in a scan has. */
function paint(key: number): number {
  const noise = Math.imul(key + 1, 0x9e3779b1);
  return (0xff408000 + ((noise >>> 26) | ((noise >>> 18) & 0x3f) << 8)) >>> 0;
}

function unused(): never {
  throw new Error("Nothing is inflated here");
}
