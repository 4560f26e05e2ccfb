import type { Tree } from "../tree/mod.ts";
import { encodePayload } from "./frame_payload.ts";
import type { RefineCodec } from "./frame_header.ts";
import { encodeRefinementPayload } from "./refinement_payload.ts";

/**
 * Names one payload of a tree by a number: that of a LOD whole, or the one that goes on to it from a coarser LOD. A
 * refinement's base is never LOD 0, so that stands for "whole".
 */
export type PayloadId = number;

/** The number of a payload; without a base, or with base 0, of the whole LOD. */
export function payloadId(lod: number, baseLod = 0): PayloadId {
  return lod | (baseLod << 4);
}

/** What {@linkcode payloadId} was made of; `baseLod` is 0 for a whole LOD. */
export function readPayloadId(id: PayloadId): { readonly lod: number; readonly baseLod: number } {
  return { lod: id & 15, baseLod: id >> 4 };
}

/** Encodes the payload of that number. @throws {RangeError} for LODs that the tree has not, or not in this order */
export function encodePayloadOf(
  tree: Tree,
  id: PayloadId,
  codec: RefineCodec,
  deflate: (planes: Uint8Array) => Uint8Array,
): Uint8Array {
  const { lod, baseLod } = readPayloadId(id);
  return baseLod === 0
    ? encodePayload(tree, lod, codec, deflate)
    : encodeRefinementPayload(tree, baseLod, lod, codec, deflate);
}
