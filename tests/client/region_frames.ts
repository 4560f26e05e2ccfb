import {
  encodeDeltaPayload,
  encodeEmptyFrame,
  encodeFrame,
  encodePayload,
  encodeRefinementPayload,
  FLAG_DELTA,
  FLAG_REFINEMENT,
} from "../../src/protocol/mod.ts";
import { changedBricks, levelHash, type Tree } from "../../src/tree/mod.ts";
import { smallTree, type Voxel } from "../protocol/small_tree.ts";
import { deflate } from "../protocol/zlib.ts";

/** Depth of the regions of the frames made here. */
export const FRAME_DEPTH = 4;
/** Region level of the frames made here. */
export const FRAME_LEVEL = 4;

/** A region's tree by its voxels. */
export function regionTree(voxels: readonly Voxel[]): Tree {
  return smallTree(FRAME_DEPTH, voxels);
}

/** A full frame, or the empty one of an empty region. */
export function full(morton: number, tree: Tree, version: number, lod = 0): Uint8Array<ArrayBuffer> {
  const fields = { kind: "esvo", lod, level: FRAME_LEVEL, morton, version, codec: 2 } as const;
  if (tree.counts[0] === 0) return encodeEmptyFrame(fields) as Uint8Array<ArrayBuffer>;
  return encodeFrame(fields, encodePayload(tree, lod, 2, deflate)) as Uint8Array<ArrayBuffer>;
}

/** A frame that adds the levels between two LODs. */
export function refinement(
  morton: number,
  tree: Tree,
  version: number,
  baseLod: number,
  lod = 0,
): Uint8Array<ArrayBuffer> {
  const fields = { kind: "esvo", lod, level: FRAME_LEVEL, morton, version, codec: 2 } as const;
  return encodeFrame(
    { ...fields, flags: FLAG_REFINEMENT },
    encodeRefinementPayload(tree, baseLod, lod, 2, deflate),
  ) as Uint8Array<ArrayBuffer>;
}

/** A frame that has what changed between two versions. */
export function delta(
  morton: number,
  before: Tree,
  after: Tree,
  baseVersion: number,
  version: number,
): Uint8Array<ArrayBuffer> {
  const fields = { kind: "esvo", lod: 0, level: FRAME_LEVEL, morton, version, codec: 2 } as const;
  const bricks = changedBricks(before, after);
  return encodeFrame(
    { ...fields, flags: FLAG_DELTA },
    encodeDeltaPayload({ tree: after, baseVersion, bricks, hash: levelHash(after, 0) }, 2, deflate),
  ) as Uint8Array<ArrayBuffer>;
}
