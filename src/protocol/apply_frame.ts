import { closeFrame, type DecodedFrame } from "./frame_decode.ts";
import { kindOfFormat } from "./frame_header.ts";
import { inflatePlanes } from "./frame_planes.ts";
import type { HeldRegion } from "./held_region.ts";
import { type DecodeLimits, type OpenedFrame, openFrame } from "./open_frame.ts";
import { deltaBase } from "./opened_delta.ts";
import { refinementBytes } from "./opened_refinement.ts";
import { patchRegion } from "./patch_region.ts";
import { refineRegion } from "./refine_region.ts";

/**
 * The exact size of a frame's planes once inflated, for a reader that holds this of the region.
 * @throws {BaseMissingError} if the frame continues something else than what is held
 * @throws {ProtocolError} if it cannot continue that in this way
 */
export function planesBytesOn(frame: OpenedFrame, held: HeldRegion | undefined): number {
  if (frame.type === "refinement") return refinementBytes(frame, held);
  if (frame.type === "delta") deltaBase(frame, held);
  return frame.planesBytes;
}

/**
 * What a reader holds of a region after a frame of any sort. What was held before is not changed, and stays what is held
 * if this throws. Linear in the nodes.
 *
 * @param held what is held of this region; undefined if nothing
 * @param raw the planes: inflated, or the frame's body where it is not deflated
 * @throws {BaseMissingError} if the frame continues something else than what is held
 * @throws {ProtocolError} for any wrong bytes
 */
export function applyFrame(held: HeldRegion | undefined, frame: OpenedFrame, raw: Uint8Array): HeldRegion {
  if (frame.type === "refinement") return refineRegion(held, frame, raw);
  if (frame.type === "delta") return patchRegion(held, frame, raw);
  return heldFrame(closeFrame(frame, raw));
}

/**
 * Reads a frame of any sort and applies it: `openFrame`, `planesBytesOn`, inflation and `applyFrame` in one. `inflate` gets
 * a zlib stream and the exact size of what it holds; it must throw rather than produce more. Nothing is inflated that does
 * not continue what is held. Throws as `applyFrame` does, and nothing else, for any bytes.
 */
export function readRegion(
  held: HeldRegion | undefined,
  bytes: Uint8Array,
  inflate: (deflated: Uint8Array, exactBytes: number) => Uint8Array,
  limits: DecodeLimits = {},
): HeldRegion {
  const frame = openFrame(bytes, limits);
  return applyFrame(held, frame, inflatePlanes(frame, planesBytesOn(frame, held), inflate));
}

/** What a full or empty frame makes a reader hold. The arrays are the frame's own. */
export function heldFrame({ header, levels, keys, colors, materials }: DecodedFrame): HeldRegion {
  const { format, version, lod } = header;
  return { kind: kindOfFormat(format), version, lod, levels, keys, colors, materials };
}
