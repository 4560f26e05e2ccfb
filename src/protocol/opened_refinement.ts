import { mostChildren, mostNodes } from "../tree/mod.ts";
import { BaseMissingError } from "./base_missing_error.ts";
import { type FrameHeader, kindOfFormat } from "./frame_header.ts";
import { planesBytes } from "./frame_payload.ts";
import { checkBodyBytes, checkPlaneBits, type OpenedBody } from "./frame_planes.ts";
import { describeHeld, type HeldRegion } from "./held_region.ts";
import { readCounts } from "./node_counts.ts";
import { failFrame } from "./protocol_error.ts";

/** Bytes of a refinement's head in front of its counts. */
export const REFINEMENT_HEAD_BYTES = 4;
const COUNTS_OFFSET = 24 + REFINEMENT_HEAD_BYTES;

/** A frame that adds finer levels to the same version, opened. */
export interface OpenedRefinement extends OpenedBody {
  readonly type: "refinement";
  /** Node levels of the whole, root included. */
  readonly levels: number;
  /** Node levels that the reader must hold, root included; at least 1 and less than `levels`. */
  readonly baseLevels: number;
  /** Nodes of levels `baseLevels` to `levels - 1`. */
  readonly counts: Uint32Array;
}

/** Checks the clear part of a refinement. How many nodes it continues is the reader's to know. Throws ProtocolError. */
export function openRefinement(bytes: Uint8Array, header: FrameHeader, maxDepth: number): OpenedRefinement {
  const { lod, payloadBytes } = header;
  if (payloadBytes < REFINEMENT_HEAD_BYTES) {
    failFrame(24, `a refinement needs at least 8 bytes, ${payloadBytes} are there`);
  }
  const levels = bytes[24]!;
  const baseLevels = bytes[26]!;
  if (levels < 2 || lod + levels - 1 > maxDepth) {
    failFrame(24, `${levels} node levels at LOD ${lod} do not fit a depth from 1 to ${maxDepth}`);
  }
  const planes = bytes[25]!;
  checkPlaneBits(planes, 25);
  if (baseLevels < 1 || baseLevels >= levels) {
    failFrame(26, `${baseLevels} levels to continue are not 1 to ${levels - 1}`);
  }
  if (bytes[27] !== 0) failFrame(27, "the reserved byte is not 0");
  const rows = levels - baseLevels;
  if (payloadBytes < REFINEMENT_HEAD_BYTES + rows * 4) {
    failFrame(28, `${rows} node counts need ${rows * 4} bytes, ${payloadBytes - 4} are left`);
  }
  const kind = kindOfFormat(header.format);
  const counts = readCounts(bytes, {
    offset: COUNTS_OFFSET,
    rows,
    kind,
    level: baseLevels,
    least: 1,
    most: mostNodes(kind, baseLevels),
  });
  const bodyOffset = COUNTS_OFFSET + rows * 4;
  const body = bytes.subarray(bodyOffset);
  const frame: OpenedRefinement = {
    type: "refinement",
    header,
    levels,
    baseLevels,
    counts,
    planes,
    body,
    bodyOffset,
  };
  // What is not known yet are the masks of the nodes to continue: at least one for each eight nodes below them.
  const least = Math.ceil(counts[0]! / mostChildren(kind, baseLevels - 1));
  const size = least + planesBytes(counts, planes);
  if (header.codec === 2) checkBodyBytes(frame, size);
  else if (body.length < size) {
    failFrame(bodyOffset, `the planes need at least ${size} bytes, ${body.length} are there`);
  }
  return frame;
}

/**
 * The exact size of a refinement's planes, which follows from the nodes that it continues.
 * @throws {BaseMissingError} if these are not what is held
 * @throws {ProtocolError} if they cannot be continued like this
 */
export function refinementBytes(frame: OpenedRefinement, held: HeldRegion | undefined): number {
  const { header, levels, baseLevels, counts } = frame;
  const kind = kindOfFormat(header.format);
  const baseLod = header.lod + levels - baseLevels;
  if (
    held === undefined || held.kind !== kind || held.version !== header.version ||
    held.levels !== baseLevels || held.lod !== baseLod
  ) {
    const wanted = `version ${header.version} of kind ${kind} at LOD ${baseLod}`;
    throw new BaseMissingError("frame", 24, `it continues ${wanted}, but ${describeHeld(held)}`);
  }
  const nodes = held.keys.length;
  const most = nodes * mostChildren(kind, baseLevels - 1);
  if (counts[0]! < nodes || counts[0]! > most) {
    failFrame(COUNTS_OFFSET, `level ${baseLevels} has ${counts[0]} nodes, not ${nodes} to ${most}`);
  }
  const size = nodes + planesBytes(counts, frame.planes);
  checkBodyBytes(frame, size);
  return size;
}
