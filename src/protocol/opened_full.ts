import { descriptorPlaneBytes, RECORD_COUNT_BYTES } from "./descriptor_plane.ts";
import { FRAME_HEADER_BYTES, type FrameHeader, kindOfFormat } from "./frame_header.ts";
import { payloadHeadBytes, PLANE_MASKS, planesBytes } from "./frame_payload.ts";
import { checkBodyBytes, checkPlaneBits, type OpenedBody } from "./frame_planes.ts";
import { readCounts } from "./node_counts.ts";
import { failFrame } from "./protocol_error.ts";

/** A frame that says all about its region, opened. */
export interface OpenedFull extends OpenedBody {
  readonly type: "full";
  /** Nodes of each level, the root's first; none if the region is empty. */
  readonly counts: Uint32Array;
  /** Bytes of the masks, or of the descriptors and their number, in front of the colours. */
  readonly shapeBytes: number;
  /** Exact size of the planes once inflated. */
  readonly planesBytes: number;
}

/** Checks the clear part of a full frame with at least one payload byte. Throws ProtocolError. */
export function openFull(bytes: Uint8Array, header: FrameHeader, maxDepth: number): OpenedFull {
  const { lod, codec, payloadBytes } = header;
  if (payloadBytes < payloadHeadBytes(1)) {
    failFrame(24, `the payload needs at least 8 bytes, ${payloadBytes} are there`);
  }
  const levels = bytes[24]!;
  const depth = lod + levels - 1;
  if (levels < 1 || depth < 1 || depth > maxDepth) {
    failFrame(24, `${levels} node levels at LOD ${lod} do not fit a depth from 1 to ${maxDepth}`);
  }
  const planes = bytes[25]!;
  checkPlaneBits(planes, 25);
  if (bytes[26] !== 0 || bytes[27] !== 0) failFrame(26, "the reserved field is not 0");
  const head = payloadHeadBytes(levels);
  if (payloadBytes < head) {
    failFrame(28, `${levels} node counts need ${levels * 4} bytes, ${payloadBytes - 4} are left`);
  }
  const kind = kindOfFormat(header.format);
  const counts = readCounts(bytes, { offset: 28, rows: levels, kind, level: 0, least: 1, most: 1 });
  const bodyOffset = FRAME_HEADER_BYTES + head;
  const body = bytes.subarray(bodyOffset);
  if (codec === 0 && body.length < RECORD_COUNT_BYTES) {
    failFrame(bodyOffset, `the number of descriptors needs 4 bytes, ${body.length} are there`);
  }
  const shapeBytes = codec === 0 ? descriptorPlaneBytes(body) : planesBytes(counts, PLANE_MASKS);
  const size = shapeBytes + planesBytes(counts, planes & ~PLANE_MASKS);
  const frame: OpenedFull = {
    type: "full",
    header,
    counts,
    planes,
    shapeBytes,
    planesBytes: size,
    body,
    bodyOffset,
  };
  checkBodyBytes(frame, size);
  return frame;
}

/** A frame without payload. */
export function openEmpty(bytes: Uint8Array, header: FrameHeader): OpenedFull {
  return {
    type: "full",
    header,
    counts: new Uint32Array(0),
    planes: 0,
    shapeBytes: 0,
    planesBytes: 0,
    body: bytes.subarray(FRAME_HEADER_BYTES),
    bodyOffset: FRAME_HEADER_BYTES,
  };
}
