import { brickCut, brickLevelsOf, type ContentHash, mostNodes, type Tree } from "../tree/mod.ts";
import type { RefineCodec } from "./frame_header.ts";
import { PLANE_MATERIALS, planesBytes, planesOf } from "./frame_payload.ts";
import { DELTA_HASH_BYTES, DELTA_HEAD_BYTES } from "./opened_delta.ts";

/** What a delta is made of. */
export interface DeltaFields {
  /** The region at the new version; not empty. */
  readonly tree: Tree;
  /** The version that the delta changes, older than the new one and not empty either. */
  readonly baseVersion: number;
  /** Keys of all bricks that differ between the two, ascending; others may be among them. */
  readonly bricks: Uint32Array;
  /** `levelHash(tree, 0)`: by it a reader knows that nothing was left out. */
  readonly hash: ContentHash;
}

/**
 * What makes a region held at LOD 0 the same region at a newer version: `{u32 baseVersion, u8 brickLevels, u8 planes,
 * u16 0, u32 counts[brickLevels + 1], u32 hashLo, u32 hashHi}`, then the keys of the bricks (u32 each), child masks level
 * after level (0 for a brick that is empty now), RGBA and (unless all are 0) material of the leaves; codec 2 has all behind
 * the hash deflated as one zlib stream. Linear in the nodes above the leaves and in the leaves of the bricks.
 *
 * @throws RangeError if the tree is empty (an empty frame says that), a key is none of its bricks', or keys do not ascend
 */
export function encodeDeltaPayload(
  { tree, baseVersion, bricks, hash }: DeltaFields,
  codec: RefineCodec,
  deflate: (planes: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const brickLevels = brickLevelsOf(tree.depth);
  const keys = mostNodes(tree.kind, tree.depth - brickLevels);
  const last = bricks[bricks.length - 1];
  if (last !== undefined && last >= keys) {
    throw new RangeError(`Keys of bricks must be below ${keys}, got ${last}`);
  }
  const { counts, masks, colors, materials } = brickCut(tree, bricks);
  const planes = planesOf(materials);

  const keyBytes = bricks.length * 4;
  const raw = new Uint8Array(keyBytes + planesBytes(counts, planes));
  // The machines that run this are little endian, as the wire is.
  raw.set(new Uint8Array(bricks.buffer, bricks.byteOffset, bricks.byteLength));
  raw.set(masks, keyBytes);
  raw.set(new Uint8Array(colors.buffer, colors.byteOffset, colors.byteLength), keyBytes + masks.length);
  if (planes & PLANE_MATERIALS) raw.set(materials, raw.length - materials.length);
  const body = codec === 2 ? deflate(raw) : raw;

  const head = DELTA_HEAD_BYTES + counts.length * 4 + DELTA_HASH_BYTES;
  const payload = new Uint8Array(head + body.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, baseVersion, true);
  view.setUint8(4, brickLevels);
  view.setUint8(5, planes);
  for (let i = 0; i < counts.length; i++) view.setUint32(DELTA_HEAD_BYTES + i * 4, counts[i]!, true);
  view.setUint32(head - 8, hash.lo, true);
  view.setUint32(head - 4, hash.hi, true);
  payload.set(body, head);
  return payload;
}
