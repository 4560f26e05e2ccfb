import { levelOffset, type Tree } from "../tree/mod.ts";
import { encodeDescriptorPlane } from "./descriptor_plane.ts";
import type { FrameCodec } from "./frame_header.ts";

/** Bits of the payload's second byte: which planes follow, in this order. Descriptors stand in for the masks in codec 0. */
export const PLANE_MASKS = 1;
export const PLANE_COLORS = 2;
export const PLANE_MATERIALS = 4;

/** Most node levels that a payload can hold: the root's and the eight below it. */
export const MAX_FRAME_LEVELS = 9;

/**
 * The zlib level at which every server part deflates planes, so that a frame has the same bytes wherever it was made. On
 * regions of painted models it takes half the time of the usual 6 for 4 % more bytes; level 1 saves no more time and
 * adds 70 %.
 */
export const DEFLATE_LEVEL = 4;

/** Bytes of the planes before deflation, from the node counts a level (root first) and the plane bits. */
export function planesBytes(counts: ArrayLike<number>, planes: number): number {
  const finest = counts[counts.length - 1] ?? 0;
  let bytes = 0;
  if (planes & PLANE_MASKS) {
    for (let level = 0; level + 1 < counts.length; level++) {
      bytes += counts[level]!;
    }
  }
  if (planes & PLANE_COLORS) bytes += finest * 4;
  if (planes & PLANE_MATERIALS) bytes += finest;
  return bytes;
}

/** Bytes of the payload's clear head for this many node levels. */
export function payloadHeadBytes(levels: number): number {
  return 4 + levels * 4;
}

/**
 * The payload of one tree of either kind cut `lod` levels above its leaves: `{u8 levels, u8 planes, u16 0,
 * u32 counts[levels]}`, then the child masks of all levels but the finest, then RGBA and (unless all are 0) material of
 * the finest; codec 2 has these planes deflated as one zlib stream, codec 0 has in place of the masks `{u32 records}` and
 * as many 64-bit descriptors. An empty tree has an empty payload.
 * Throws RangeError if `lod` is not a level of the tree. Linear in the nodes.
 */
export function encodePayload(
  tree: Tree,
  lod: number,
  codec: FrameCodec,
  deflate: (planes: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(lod) || lod < 0 || lod > tree.depth) {
    throw new RangeError(`Level of detail must be an integer from 0 to the depth ${tree.depth}, not ${lod}`);
  }
  if (tree.counts[0] === 0) return new Uint8Array(0);
  const finest = tree.depth - lod;
  const start = levelOffset(tree, finest);
  const end = start + tree.counts[finest]!;
  const counts = tree.counts.subarray(0, finest + 1);
  const materials = tree.materials.subarray(start, end);
  const planes = planesOf(materials);

  const shape = codec === 0 ? encodeDescriptorPlane(tree, lod) : tree.masks.subarray(0, start);
  const raw = new Uint8Array(shape.length + planesBytes(counts, planes & ~PLANE_MASKS));
  raw.set(shape);
  const colors = tree.colors.subarray(start, end);
  // A packed colour is r | g<<8 | b<<16 | a<<24, so on the little-endian machines that run this its bytes are RGBA.
  raw.set(new Uint8Array(colors.buffer, colors.byteOffset, colors.byteLength), shape.length);
  if (planes & PLANE_MATERIALS) raw.set(materials, shape.length + colors.byteLength);
  return joinPayload(counts, planes, codec === 2 ? deflate(raw) : raw);
}

/** Plane bits of a payload with these materials: they are left out if all are 0. */
export function planesOf(materials: Uint8Array): number {
  return PLANE_MASKS | PLANE_COLORS | (materials.some(isSet) ? PLANE_MATERIALS : 0);
}

function isSet(material: number): boolean {
  return material !== 0;
}

function joinPayload(counts: Uint32Array, planes: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = payloadHeadBytes(counts.length);
  const payload = new Uint8Array(head + body.length);
  const view = new DataView(payload.buffer);
  view.setUint8(0, counts.length);
  view.setUint8(1, planes);
  for (let level = 0; level < counts.length; level++) view.setUint32(4 + level * 4, counts[level]!, true);
  payload.set(body, head);
  return payload;
}
