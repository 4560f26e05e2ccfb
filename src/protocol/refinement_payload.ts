import { levelOffset, type Tree } from "../tree/mod.ts";
import type { RefineCodec } from "./frame_header.ts";
import { PLANE_MATERIALS, planesBytes, planesOf } from "./frame_payload.ts";
import { REFINEMENT_HEAD_BYTES } from "./opened_refinement.ts";

/**
 * What makes a region held at `baseLod` one held at `lod`: `{u8 levels, u8 planes, u8 baseLevels, u8 0,
 * u32 counts[levels - baseLevels]}`, then the child masks from the base's finest level to the one above the new finest,
 * RGBA and (unless all are 0) material of the finest; codec 2 has these planes deflated as one zlib stream. Levels are
 * counted with the root. Linear in the nodes added.
 *
 * @throws RangeError if the tree is empty (an empty frame says all), or `lod < baseLod <= depth` does not hold
 */
export function encodeRefinementPayload(
  tree: Tree,
  baseLod: number,
  lod: number,
  codec: RefineCodec,
  deflate: (planes: Uint8Array) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  checkLods(tree, baseLod, lod);
  const base = tree.depth - baseLod;
  const finest = tree.depth - lod;
  const counts = tree.counts.subarray(base + 1, finest + 1);
  const start = levelOffset(tree, finest);
  const end = start + tree.counts[finest]!;
  const masks = tree.masks.subarray(levelOffset(tree, base), start);
  const colors = tree.colors.subarray(start, end);
  const materials = tree.materials.subarray(start, end);
  const planes = planesOf(materials);

  const raw = new Uint8Array(tree.counts[base]! + planesBytes(counts, planes));
  raw.set(masks);
  // The machines that run this are little endian, so the bytes of a packed colour are RGBA.
  raw.set(new Uint8Array(colors.buffer, colors.byteOffset, colors.byteLength), masks.length);
  if (planes & PLANE_MATERIALS) raw.set(materials, masks.length + colors.byteLength);
  const body = codec === 2 ? deflate(raw) : raw;

  const head = REFINEMENT_HEAD_BYTES + counts.length * 4;
  const payload = new Uint8Array(head + body.length);
  const view = new DataView(payload.buffer);
  view.setUint8(0, finest + 1);
  view.setUint8(1, planes);
  view.setUint8(2, base + 1);
  for (let i = 0; i < counts.length; i++) {
    view.setUint32(REFINEMENT_HEAD_BYTES + i * 4, counts[i]!, true);
  }
  payload.set(body, head);
  return payload;
}

function checkLods({ counts, depth }: Tree, baseLod: number, lod: number): void {
  if (counts[0] === 0) throw new RangeError("An empty tree has nothing to refine");
  const isOrdered = Number.isInteger(lod) && Number.isInteger(baseLod) && lod >= 0 && lod < baseLod;
  if (!isOrdered || baseLod > depth) {
    throw new RangeError(`A refinement of depth ${depth} cannot lead from LOD ${baseLod} to LOD ${lod}`);
  }
}
