import { FLAG_DELTA, FLAG_REFINEMENT, FRAME_HEADER_BYTES, readFrameHeader } from "./frame_header.ts";
import { MAX_FRAME_LEVELS } from "./frame_payload.ts";
import { openDelta, type OpenedDelta } from "./opened_delta.ts";
import { type OpenedFull, openEmpty, openFull } from "./opened_full.ts";
import { type OpenedRefinement, openRefinement } from "./opened_refinement.ts";
import { failFrame } from "./protocol_error.ts";

/** What the reader accepts beside the format's own limits. */
export interface DecodeLimits {
  /** Largest depth of a region, as REGISTERED gave it; 8 unless told. */
  readonly maxDepth?: number;
}

/** A frame of any sort whose clear part is read and checked, and whose planes are still as they came. */
export type OpenedFrame = OpenedFull | OpenedRefinement | OpenedDelta;

/**
 * The first half of reading a frame: everything that can be checked before the planes are inflated and without knowing
 * what the reader holds. Throws ProtocolError, and nothing else, for any bytes.
 */
export function openFrame(bytes: Uint8Array, limits: DecodeLimits = {}): OpenedFrame {
  const header = readFrameHeader(bytes);
  const { lod, codec, flags, payloadBytes } = header;
  const isWhole = flags === 0;
  if (!isWhole && flags !== FLAG_REFINEMENT && flags !== FLAG_DELTA) {
    failFrame(7, `flags 0x${flags.toString(16)} are neither 0x10 (refinement) nor 0x20 (delta)`);
  }
  if (codec > 2) failFrame(7, `codec ${codec} is none of 0, 1 and 2`);
  if (!isWhole && codec === 0) failFrame(7, "refinements and deltas do not come in codec 0");
  const follow = bytes.length - FRAME_HEADER_BYTES;
  if (payloadBytes !== follow) {
    failFrame(20, `the payload is said to have ${payloadBytes} bytes, ${follow} follow`);
  }
  const maxDepth = Math.min(limits.maxDepth ?? MAX_FRAME_LEVELS - 1, MAX_FRAME_LEVELS - 1);
  if (lod > maxDepth) failFrame(5, `LOD ${lod} is above the depth ${maxDepth}`);
  if (flags === FLAG_REFINEMENT) return openRefinement(bytes, header, maxDepth);
  if (flags === FLAG_DELTA) return openDelta(bytes, header, maxDepth);
  return payloadBytes === 0 ? openEmpty(bytes, header) : openFull(bytes, header, maxDepth);
}
