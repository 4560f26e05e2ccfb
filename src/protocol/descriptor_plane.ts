import { exportDescriptors, importDescriptors, type Tree, type TreeKind } from "../tree/mod.ts";

/**
 * What codec 0 has in place of the masks: a u32 number of records, then as many descriptors of 64 bits (`descriptors.ts`
 * of the tree says what is in them), all little endian.
 */

const RECORD_BYTES = 8;
/** Bytes of the number in front. */
export const RECORD_COUNT_BYTES = 4;

/** The plane of a tree cut `lod` levels above its leaves. Throws RangeError if `lod` is not a level of the tree. */
export function encodeDescriptorPlane(tree: Tree, lod: number): Uint8Array {
  const words = exportDescriptors(tree, lod);
  const plane = new Uint8Array(RECORD_COUNT_BYTES + words.byteLength);
  new DataView(plane.buffer).setUint32(0, words.byteLength / RECORD_BYTES, true);
  // The machines that run this are little endian, as the wire is.
  plane.set(new Uint8Array(words.buffer), RECORD_COUNT_BYTES);
  return plane;
}

/** Bytes that the plane at the start of `body` says it has, whether they are there or not; at least 4 must be. */
export function descriptorPlaneBytes(body: Uint8Array): number {
  const records = new DataView(body.buffer, body.byteOffset, body.length).getUint32(0, true);
  return RECORD_COUNT_BYTES + records * RECORD_BYTES;
}

/**
 * The child masks that a plane of exactly its own size describes, breadth first. Throws RangeError for descriptors that
 * are wrong in themselves or have not `depth` levels; whether the masks fit the frame's counts is still to be seen.
 */
export function decodeDescriptorPlane(plane: Uint8Array, kind: TreeKind, depth: number): Uint8Array {
  // A region cut at its root is a leaf, and leaves have no descriptor.
  const deepest = Math.max(depth, 1);
  const tree = importDescriptors(new Uint32Array(plane.slice(RECORD_COUNT_BYTES).buffer), kind, deepest);
  if (tree.depth !== depth) {
    throw new RangeError(`the descriptors have ${tree.depth} levels, ${depth} are counted`);
  }
  return tree.masks;
}
