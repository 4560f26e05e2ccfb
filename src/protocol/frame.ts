import type { TreeKind } from "../tree/mod.ts";
import { formatOfKind, FRAME_HEADER_BYTES, type FrameCodec, writeFrameHeader } from "./frame_header.ts";

/** What a frame says about its region. */
export interface FrameFields {
  readonly kind: TreeKind;
  readonly lod: number;
  readonly level: number;
  readonly morton: number;
  readonly version: number;
  readonly codec: FrameCodec;
  /** `FLAG_REFINEMENT` or `FLAG_DELTA` if the payload is one; absent means that the frame is whole in itself. */
  readonly flags?: number;
}

/**
 * One region frame: header, then the payload of `encodePayload`, `encodeRefinementPayload` or `encodeDeltaPayload` with
 * the same LOD and codec.
 * Throws RangeError for a field that does not fit.
 */
export function encodeFrame(fields: FrameFields, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { kind, lod, level, morton, version, codec, flags = 0 } = fields;
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(bytes, {
    format: formatOfKind(kind),
    lod,
    level,
    codec,
    flags,
    morton,
    version,
    payloadBytes: payload.length,
  });
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

/** The frame that says: this region has no voxels now. */
export function encodeEmptyFrame(fields: FrameFields): Uint8Array<ArrayBuffer> {
  return encodeFrame(fields, new Uint8Array(0));
}
