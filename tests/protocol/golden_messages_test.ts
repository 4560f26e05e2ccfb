import { assertEquals } from "@std/assert";
import { changedBricks, levelHash } from "../../src/tree/mod.ts";
import {
  bundleBytes,
  encodeDeltaPayload,
  encodeFrame,
  encodeKnown,
  encodeRefinementPayload,
  LOD_NONE,
  partCount,
  PartJoiner,
  readBulk,
  readKnown,
  readRegion,
  readRegionAsync,
  type RefineCodec,
  writeBundle,
  writePart,
} from "../../src/protocol/mod.ts";
import {
  GOLDEN_BUNDLES,
  GOLDEN_CONTINUED,
  GOLDEN_KNOWN,
  GOLDEN_PARTS,
  goldenBytes,
  type GoldenContinuation,
  voxelsOf,
} from "./golden.ts";
import { smallTree, type Voxel } from "./small_tree.ts";
import { inflate } from "./zlib.ts";

for (const golden of GOLDEN_CONTINUED) {
  Deno.test(`golden ${golden.sort} gives its nodes: ${golden.name}`, async () => {
    const base = readRegion(undefined, goldenBytes({ hex: golden.baseHex }), inflate);
    const bytes = goldenBytes(golden);
    const held = readRegion(base, bytes, inflate);
    const { lod, version, kind } = golden.fields;
    const { keys, colors, materials } = held;
    assertEquals([held.kind, held.version, held.lod, held.levels], [
      kind,
      version,
      lod,
      golden.depth - lod + 1,
    ]);
    assertEquals([...keys].map((key, i): Voxel => [key, colors[i]!, materials[i]!]), voxelsOf(golden.nodes));
    assertEquals(await readRegionAsync(base, bytes), held);
  });

  Deno.test(`golden ${golden.sort} is what encoding its voxels gives: ${golden.name}`, () => {
    const bytes = goldenBytes(golden);
    // Deflaters may differ in the bytes they choose, so the golden ones are taken if they hold the same planes.
    const payload = payloadOf(golden, (planes) => {
      for (let start = 28; start < bytes.length; start++) {
        if (bytes[start] === 0x78 && holds(bytes.subarray(start), planes)) return bytes.subarray(start);
      }
      throw new Error(`${golden.name} does not hold these planes`);
    });
    assertEquals(encodeFrame(golden.fields, payload).toHex(), golden.hex);
  });
}

for (const { name, frames, hex } of GOLDEN_BUNDLES) {
  Deno.test(`golden bundle has its frames and is what writing them gives: ${name}`, () => {
    assertEquals(readBulk(goldenBytes({ hex })).map((frame) => frame.toHex()), frames);
    const given = frames.map((frame) => goldenBytes({ hex: frame }));
    const bytes = new Uint8Array(bundleBytes(given));
    writeBundle(given, bytes);
    assertEquals(bytes.toHex(), hex);
  });
}

for (const { name, messageId, maxBytes, message, parts } of GOLDEN_PARTS) {
  Deno.test(`golden parts are joined and are what cutting the message gives: ${name}`, () => {
    const whole = goldenBytes({ hex: message });
    const joiner = new PartJoiner({ maxTotalBytes: whole.length });
    const joined = parts.map((part) => joiner.push(goldenBytes({ hex: part })));
    assertEquals(joined.pop(), whole);
    assertEquals(joined, parts.slice(1).map(() => undefined));
    const cut = Array.from({ length: partCount(whole.length, maxBytes) }, (_, part) => {
      const into = new Uint8Array(maxBytes);
      return into.subarray(0, writePart(whole, { messageId, maxBytes }, part, into)).toHex();
    });
    assertEquals(cut, parts);
  });
}

for (const { name, type, target, regions, hex } of GOLDEN_KNOWN) {
  Deno.test(`golden ${type} has its regions and is what encoding them gives: ${name}`, () => {
    const { mortons, versions, lods, groupHashes, ...rest } = readKnown(goldenBytes({ hex }));
    assertEquals(rest, { type, ...target });
    assertEquals(
      [...mortons].map((morton, i) => ({ morton, version: versions[i]!, lod: lods[i]! })),
      regions.map(({ morton, version, lod }) => ({ morton, version, lod })),
    );
    const modulus = 2 ** 32;
    for (let group = 0; group * 64 < regions.length; group++) {
      const members = regions.slice(group * 64, group * 64 + 64).filter(({ lod }) => lod !== LOD_NONE);
      const isChecked = members.every(({ hash }) => hash !== undefined);
      const sum = (lane: "lo" | "hi") => members.reduce((sum, { hash }) => (sum + hash![lane]) % modulus, 0);
      assertEquals(
        [...groupHashes.subarray(2 * group, 2 * group + 2)],
        isChecked ? [sum("lo"), sum("hi")] : [0, 0],
      );
    }
    assertEquals(encodeKnown(type, target, regions, 65536).map((bytes) => bytes.toHex()), [hex]);
  });
}

function payloadOf(golden: GoldenContinuation, deflate: (planes: Uint8Array) => Uint8Array): Uint8Array {
  const { kind, lod, codec } = golden.fields;
  const tree = smallTree(golden.depth, voxelsOf(golden.voxels), kind);
  if (golden.sort === "refinement") {
    return encodeRefinementPayload(tree, golden.baseLod!, lod, codec as RefineCodec, deflate);
  }
  const bricks = changedBricks(smallTree(golden.depth, voxelsOf(golden.base), kind), tree);
  assertEquals([...bricks], golden.bricks);
  const fields = { tree, baseVersion: golden.baseVersion!, bricks, hash: levelHash(tree, 0) };
  return encodeDeltaPayload(fields, codec as RefineCodec, deflate);
}

function holds(deflated: Uint8Array, planes: Uint8Array): boolean {
  try {
    return inflate(deflated, planes.length).toHex() === planes.toHex();
  } catch {
    return false;
  }
}
