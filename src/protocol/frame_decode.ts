import { keysFromMasks } from "../tree/mod.ts";
import { decodeDescriptorPlane } from "./descriptor_plane.ts";
import { type FrameHeader, kindOfFormat } from "./frame_header.ts";
import { checkInflated, checkMasks, inflatePlanes, readAttributes } from "./frame_planes.ts";
import { type DecodeLimits, openFrame } from "./open_frame.ts";
import type { OpenedFull } from "./opened_full.ts";
import { failFrame, ProtocolError } from "./protocol_error.ts";

/** The nodes of one region at one level of detail. All arrays are empty if the region is. */
export interface DecodedFrame {
  readonly header: FrameHeader;
  /** Levels from the root to the leaves: a region is 2^depth cells wide. 0 if the region is empty. */
  readonly depth: number;
  /** Node levels in the frame, the root's included: `depth - lod + 1`. 0 if the region is empty. */
  readonly levels: number;
  /** Keys of the nodes, ascending, 3 bits a level: Morton codes (x bit 0, y bit 1, z bit 2), or tetrahedra's. */
  readonly keys: Uint32Array;
  /** RGBA8 packed `r | g<<8 | b<<16 | a<<24`, one a node. */
  readonly colors: Uint32Array;
  readonly materials: Uint8Array;
}

/**
 * Reads one frame that is whole in itself. `inflate` gets a zlib stream and the exact size of what it holds; it must throw
 * rather than produce more. No allocation is larger than the message allows: counts are bounded by the level, by the level
 * above, and by what DEFLATE can expand to. Throws ProtocolError, and nothing else, for any bytes, among them refinements
 * and deltas, for which `readRegion` is. Linear in the nodes.
 */
export function decodeFrame(
  bytes: Uint8Array,
  inflate: (deflated: Uint8Array, exactBytes: number) => Uint8Array,
  limits: DecodeLimits = {},
): DecodedFrame {
  const frame = openWhole(bytes, limits);
  return closeFrame(frame, inflatePlanes(frame, frame.planesBytes, inflate));
}

/** `openFrame` for frames that are whole in themselves. Throws ProtocolError for others. */
export function openWhole(bytes: Uint8Array, limits: DecodeLimits = {}): OpenedFull {
  const frame = openFrame(bytes, limits);
  if (frame.type !== "full") failFrame(7, `a ${frame.type} cannot be read without what it continues`);
  return frame;
}

/** Second half of `decodeFrame`: the nodes from the inflated planes. Throws ProtocolError. */
export function closeFrame(frame: OpenedFull, raw: Uint8Array): DecodedFrame {
  const { header, counts, planes, shapeBytes } = frame;
  const levels = counts.length;
  if (levels === 0) return emptyFrame(header);
  checkInflated(frame, raw, frame.planesBytes);
  const masks = shapeOf(frame, raw);
  const kind = kindOfFormat(header.format);
  checkMasks({ masks, counts, level: 0, isTetRoot: kind === "esvt", offset: frame.bodyOffset });
  return {
    header,
    depth: header.lod + levels - 1,
    levels,
    keys: keysFromMasks(counts, masks, levels - 1, kind),
    ...readAttributes(raw, shapeBytes, counts[levels - 1]!, planes),
  };
}

function emptyFrame(header: FrameHeader): DecodedFrame {
  const keys = new Uint32Array(0);
  return { header, depth: 0, levels: 0, keys, colors: new Uint32Array(0), materials: new Uint8Array(0) };
}

function shapeOf(frame: OpenedFull, raw: Uint8Array): Uint8Array {
  const { header, counts, shapeBytes, bodyOffset } = frame;
  const shape = raw.subarray(0, shapeBytes);
  if (header.codec !== 0) return shape;
  try {
    return decodeDescriptorPlane(shape, kindOfFormat(header.format), counts.length - 1);
  } catch (cause) {
    throw new ProtocolError("frame", bodyOffset, (cause as RangeError).message, { cause });
  }
}
