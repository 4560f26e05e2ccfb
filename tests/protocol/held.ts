import { changedBricks, decodeLevel, levelHash, type Tree, unionBricks } from "../../src/tree/mod.ts";
import {
  encodeDeltaPayload,
  encodeFrame,
  encodePayload,
  encodeRefinementPayload,
  FLAG_DELTA,
  FLAG_REFINEMENT,
  type HeldRegion,
  type RefineCodec,
} from "../../src/protocol/mod.ts";
import { deflate } from "./zlib.ts";

const PLACE = { level: 4, morton: 43 };

/** What a reader must hold of a version of a region at a LOD: by the tree, not by any frame. */
export function heldOf(tree: Tree, lod: number, version: number): HeldRegion {
  const { keys, colors, materials } = decodeLevel(tree, lod);
  return {
    kind: tree.kind,
    version,
    lod,
    levels: tree.depth - lod + 1,
    keys,
    colors: colors.slice(),
    materials: materials.slice(),
  };
}

/** A full frame of region 43. */
export function fullFrame(tree: Tree, lod: number, version: number, codec: RefineCodec): Uint8Array {
  return encodeFrame(
    { ...PLACE, kind: tree.kind, lod, version, codec },
    encodePayload(tree, lod, codec, deflate),
  );
}

/** A refinement of region 43. */
export function refinement(
  tree: Tree,
  baseLod: number,
  lod: number,
  version: number,
  codec: RefineCodec,
): Uint8Array {
  return encodeFrame(
    { ...PLACE, kind: tree.kind, lod, version, codec, flags: FLAG_REFINEMENT },
    encodeRefinementPayload(tree, baseLod, lod, codec, deflate),
  );
}

/** A delta of region 43 from `before` at `baseVersion` to `after` at `version`; `extra` bricks may be named, too. */
export function delta(
  before: Tree,
  after: Tree,
  [baseVersion, version]: readonly [number, number],
  codec: RefineCodec,
  extra: readonly number[] = [],
): Uint8Array {
  const bricks = unionBricks([changedBricks(before, after), Uint32Array.from(extra)]);
  return encodeFrame(
    { ...PLACE, kind: after.kind, lod: 0, version, codec, flags: FLAG_DELTA },
    encodeDeltaPayload({ tree: after, baseVersion, bricks, hash: levelHash(after, 0) }, codec, deflate),
  );
}
