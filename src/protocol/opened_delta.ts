import { BRICK_LEVELS, type ContentHash, mostNodes } from "../tree/mod.ts";
import { BaseMissingError } from "./base_missing_error.ts";
import { FRAME_HEADER_BYTES, type FrameHeader, kindOfFormat } from "./frame_header.ts";
import { planesBytes } from "./frame_payload.ts";
import { checkBodyBytes, checkPlaneBits, type OpenedBody } from "./frame_planes.ts";
import { describeHeld, heldBrickLevels, type HeldRegion } from "./held_region.ts";
import { readCounts } from "./node_counts.ts";
import { failFrame } from "./protocol_error.ts";

/** Bytes of a delta's head in front of its counts. */
export const DELTA_HEAD_BYTES = 8;
/** Bytes of the hash behind the counts. */
export const DELTA_HASH_BYTES = 8;
const COUNTS_OFFSET = FRAME_HEADER_BYTES + DELTA_HEAD_BYTES;

/** A frame that has what changed since an earlier version, opened. */
export interface OpenedDelta extends OpenedBody {
  readonly type: "delta";
  /** The version that the reader must hold at LOD 0. */
  readonly baseVersion: number;
  /** Levels from a brick's node to its leaves. */
  readonly brickLevels: number;
  /** Entry 0 the bricks, entry i the nodes i levels below them, the last one the leaves. */
  readonly counts: Uint32Array;
  /** Hash of all leaves of the new version. */
  readonly hash: ContentHash;
  /** Exact size of keys and planes once inflated. */
  readonly planesBytes: number;
}

/** Checks the clear part of a delta. Throws ProtocolError. */
export function openDelta(bytes: Uint8Array, header: FrameHeader, maxDepth: number): OpenedDelta {
  const { lod, payloadBytes, version } = header;
  if (lod !== 0) failFrame(5, `a delta has LOD ${lod}, not 0`);
  if (payloadBytes < DELTA_HEAD_BYTES) {
    failFrame(24, `a delta needs at least 8 bytes, ${payloadBytes} are there`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const baseVersion = view.getUint32(24, true);
  if (baseVersion >= version) failFrame(24, `the base ${baseVersion} is not older than version ${version}`);
  const brickLevels = view.getUint8(28);
  if (brickLevels < 1 || brickLevels > Math.min(BRICK_LEVELS, maxDepth)) {
    failFrame(28, `bricks of ${brickLevels} levels do not fit a depth from 1 to ${maxDepth}`);
  }
  const planes = view.getUint8(29);
  checkPlaneBits(planes, 29);
  if (view.getUint16(30, true) !== 0) failFrame(30, "the reserved field is not 0");
  const rows = brickLevels + 1;
  const head = DELTA_HEAD_BYTES + rows * 4 + DELTA_HASH_BYTES;
  if (payloadBytes < head) {
    failFrame(32, `${rows} node counts and a hash need ${head - 8} bytes, ${payloadBytes - 8} are left`);
  }
  const kind = kindOfFormat(header.format);
  const counts = readCounts(bytes, {
    offset: COUNTS_OFFSET,
    rows,
    kind,
    level: 1,
    least: 0,
    most: mostNodes(kind, maxDepth - brickLevels),
    hasChildless: true,
  });
  const hashOffset = COUNTS_OFFSET + rows * 4;
  const hash = { lo: view.getUint32(hashOffset, true), hi: view.getUint32(hashOffset + 4, true) };
  const bodyOffset = hashOffset + DELTA_HASH_BYTES;
  const size = counts[0]! * 4 + planesBytes(counts, planes);
  const frame: OpenedDelta = {
    type: "delta",
    header,
    baseVersion,
    brickLevels,
    counts,
    hash,
    planes,
    planesBytes: size,
    body: bytes.subarray(bodyOffset),
    bodyOffset,
  };
  checkBodyBytes(frame, size);
  return frame;
}

/** What a delta changes, once it is known to be held. @throws {BaseMissingError} if it is not */
export function deltaBase(frame: OpenedDelta, held: HeldRegion | undefined): HeldRegion {
  const kind = kindOfFormat(frame.header.format);
  if (
    held === undefined || held.kind !== kind || held.version !== frame.baseVersion || held.lod !== 0 ||
    held.levels === 0
  ) {
    const wanted = `version ${frame.baseVersion} of kind ${kind} at LOD 0`;
    throw new BaseMissingError("frame", 24, `it changes ${wanted}, but ${describeHeld(held)}`);
  }
  if (heldBrickLevels(held) !== frame.brickLevels) {
    failFrame(28, `bricks of ${frame.brickLevels} levels do not fit a region of ${held.levels} node levels`);
  }
  return held;
}
