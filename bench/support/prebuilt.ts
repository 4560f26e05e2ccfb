import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import type { BuiltRegion } from "../../src/build/mod.ts";
import { encodePayload, FRAME_HEADER_BYTES, payloadId } from "../../src/protocol/mod.ts";
import type { RegionKey } from "../../src/space/mod.ts";
import { hashSamples } from "../../src/tree/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { deflateSync } from "node:zlib";

export type { BuiltRegion } from "../../src/build/mod.ts";

const DEPTH = 6;

/** A build whose whole frame has about so many bytes, made of voxels with colours that do not compress. */
export function buildRegion(world: World, key: RegionKey, frameBytes: number): BuiltRegion {
  let low = 1;
  let high = 8 ** DEPTH / 16;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (FRAME_HEADER_BYTES + build(world, key, middle).payloads.get(payloadId(0))!.length <= frameBytes) {
      low = middle;
    } else high = middle - 1;
  }
  return build(world, key, low);
}

function build(world: World, key: RegionKey, voxels: number): BuiltRegion {
  const keys = Uint32Array.from({ length: voxels }, (_, i) => i * 16);
  const samples = {
    keys,
    colors: keys.map((at) => (0xff000000 | (Math.imul(at + 1, 0x9e3779b1) >>> 8)) >>> 0),
    materials: new Uint8Array(voxels),
  };
  const hash = hashSamples(samples);
  const tree = buildEsvo(samples, DEPTH);
  const payload = encodePayload(tree, 0, 2, (bytes) => deflateSync(bytes, { level: 1 }));
  return { world, key, version: 1, kind: "esvo", hash, tree, payloads: new Map([[payloadId(0), payload]]) };
}
