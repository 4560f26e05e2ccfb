import { childKeys } from "../tree/mod.ts";
import { kindOfFormat } from "./frame_header.ts";
import { PLANE_MASKS, planesBytes } from "./frame_payload.ts";
import { checkInflated, checkMasks, readAttributes } from "./frame_planes.ts";
import type { HeldRegion } from "./held_region.ts";
import { type OpenedRefinement, refinementBytes } from "./opened_refinement.ts";

/**
 * The region after a refinement: its keys grow from those that are held, its colours and materials are the frame's.
 * Throws ProtocolError for wrong bytes and BaseMissingError if it continues something else. Linear in the nodes added.
 */
export function refineRegion(
  held: HeldRegion | undefined,
  frame: OpenedRefinement,
  raw: Uint8Array,
): HeldRegion {
  const size = refinementBytes(frame, held);
  const base = held!;
  checkInflated(frame, raw, size);
  const { header, counts, baseLevels, levels, planes, bodyOffset } = frame;
  const kind = kindOfFormat(header.format);
  const rows = Uint32Array.of(base.keys.length, ...counts);
  const nodes = rows[rows.length - 1]!;
  const masks = raw.subarray(0, planesBytes(rows, PLANE_MASKS));
  checkMasks({
    masks,
    counts: rows,
    level: baseLevels - 1,
    isTetRoot: kind === "esvt" && baseLevels === 1,
    offset: bodyOffset,
  });
  let keys = base.keys;
  let start = 0;
  for (const count of counts) {
    const end = start + keys.length;
    keys = childKeys(keys, masks.subarray(start, end), count);
    start = end;
  }
  return {
    kind,
    version: header.version,
    lod: header.lod,
    levels,
    keys,
    ...readAttributes(raw, masks.length, nodes, planes),
  };
}
