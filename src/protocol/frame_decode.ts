import { keysFromMasks, mostChildren, popcount8, type TreeKind } from "../tree/mod.ts";
import { adler32 } from "./adler32.ts";
import { decodeDescriptorPlane, descriptorPlaneBytes, RECORD_COUNT_BYTES } from "./descriptor_plane.ts";
import { FRAME_HEADER_BYTES, type FrameHeader, kindOfFormat, readFrameHeader } from "./frame_header.ts";
import {
  MAX_FRAME_LEVELS,
  payloadHeadBytes,
  PLANE_COLORS,
  PLANE_MASKS,
  PLANE_MATERIALS,
  planesBytes,
} from "./frame_payload.ts";
import { ProtocolError } from "./protocol_error.ts";

/** DEFLATE cannot expand by more than this, so planes that claim more are refused before memory is taken. */
const MAX_DEFLATE_RATIO = 1032;

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

/** What the reader accepts beside the format's own limits. */
export interface DecodeLimits {
  /** Largest depth of a region, as REGISTERED gave it; 8 unless told. */
  readonly maxDepth?: number;
}

/** A frame whose clear part is read and checked, and whose planes are still as they came. */
export interface OpenedFrame {
  readonly header: FrameHeader;
  readonly counts: Uint32Array;
  readonly planes: number;
  /** Bytes of the masks, or of the descriptors and their number, in front of the colours. */
  readonly shapeBytes: number;
  /** Exact size of the planes once inflated. */
  readonly planesBytes: number;
  readonly body: Uint8Array;
  readonly bodyOffset: number;
}

/**
 * Reads one frame. `inflate` gets a zlib stream and the exact size of what it holds; it must throw rather than produce
 * more. No allocation is larger than the message allows: counts are bounded by the level, by the level above, and by
 * what DEFLATE can expand to. Throws ProtocolError, and nothing else, for any bytes. Linear in the nodes.
 */
export function decodeFrame(
  bytes: Uint8Array,
  inflate: (deflated: Uint8Array, exactBytes: number) => Uint8Array,
  limits: DecodeLimits = {},
): DecodedFrame {
  const frame = openFrame(bytes, limits);
  if (frame.header.codec !== 2 || frame.body.length === 0) return closeFrame(frame, frame.body);
  let planes: Uint8Array;
  try {
    planes = inflate(frame.body, frame.planesBytes);
  } catch (cause) {
    throw cannotInflate(frame, cause);
  }
  return closeFrame(frame, planes);
}

/** The error for a body whose inflation failed. */
export function cannotInflate(frame: OpenedFrame, cause: unknown): ProtocolError {
  const reason = `the planes do not inflate to ${frame.planesBytes} bytes`;
  return new ProtocolError("frame", frame.bodyOffset, reason, { cause });
}

/** First half of `decodeFrame`: everything that can be checked before the planes are inflated. Throws ProtocolError. */
export function openFrame(bytes: Uint8Array, limits: DecodeLimits = {}): OpenedFrame {
  const header = readFrameHeader(bytes);
  const { format, lod, codec, flags, payloadBytes } = header;
  if (flags !== 0) fail(7, `flags 0x${flags.toString(16)} (refinement, delta) cannot be read yet`);
  if (codec > 2) fail(7, `codec ${codec} is none of 0, 1 and 2`);
  if (payloadBytes !== bytes.length - FRAME_HEADER_BYTES) {
    fail(
      20,
      `the payload is said to have ${payloadBytes} bytes, ${bytes.length - FRAME_HEADER_BYTES} follow`,
    );
  }
  const maxDepth = Math.min(limits.maxDepth ?? MAX_FRAME_LEVELS - 1, MAX_FRAME_LEVELS - 1);
  if (lod > maxDepth) fail(5, `LOD ${lod} is above the depth ${maxDepth}`);
  if (payloadBytes === 0) {
    return {
      header,
      counts: new Uint32Array(0),
      planes: 0,
      shapeBytes: 0,
      planesBytes: 0,
      body: bytes.subarray(24),
      bodyOffset: 24,
    };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + FRAME_HEADER_BYTES, payloadBytes);
  if (payloadBytes < payloadHeadBytes(1)) {
    fail(24, `the payload needs at least 8 bytes, ${payloadBytes} are there`);
  }
  const levels = view.getUint8(0);
  const depth = lod + levels - 1;
  if (levels < 1 || depth < 1 || depth > maxDepth) {
    fail(24, `${levels} node levels at LOD ${lod} do not fit a depth from 1 to ${maxDepth}`);
  }
  const planes = view.getUint8(1);
  if ((planes & ~PLANE_MATERIALS) !== (PLANE_MASKS | PLANE_COLORS)) {
    fail(25, `plane bits ${planes} are neither 3 nor 7`);
  }
  if (view.getUint16(2, true) !== 0) fail(26, "the reserved field is not 0");
  const head = payloadHeadBytes(levels);
  if (payloadBytes < head) {
    fail(28, `${levels} node counts need ${levels * 4} bytes, ${payloadBytes - 4} are left`);
  }
  const counts = readCounts(view, levels, kindOfFormat(format));
  const bodyOffset = FRAME_HEADER_BYTES + head;
  const body = bytes.subarray(bodyOffset);
  if (codec === 0 && body.length < RECORD_COUNT_BYTES) {
    fail(bodyOffset, `the number of descriptors needs 4 bytes, ${body.length} are there`);
  }
  const shapeBytes = codec === 0 ? descriptorPlaneBytes(body) : planesBytes(counts, PLANE_MASKS);
  const size = shapeBytes + planesBytes(counts, planes & ~PLANE_MASKS);
  if (codec !== 2 && body.length !== size) {
    fail(bodyOffset, `the planes need ${size} bytes, ${body.length} are there`);
  }
  if (codec === 2 && size > body.length * MAX_DEFLATE_RATIO) {
    fail(bodyOffset, `${body.length} deflated bytes cannot hold planes of ${size} bytes`);
  }
  return { header, counts, planes, shapeBytes, planesBytes: size, body, bodyOffset };
}

/** Second half of `decodeFrame`: the nodes from the inflated planes. Throws ProtocolError. */
export function closeFrame(frame: OpenedFrame, raw: Uint8Array): DecodedFrame {
  const { header, counts, planes, shapeBytes, body, bodyOffset } = frame;
  const levels = counts.length;
  if (levels === 0) return emptyFrame(header);
  if (raw.length !== frame.planesBytes) {
    fail(bodyOffset, `the planes need ${frame.planesBytes} bytes, ${raw.length} came out`);
  }
  // The checksum must be the last thing in the message, so bytes after the stream are found whatever the inflater does.
  if (header.codec === 2 && adler32(raw) !== lastWord(body)) {
    fail(bodyOffset, "the message does not end with the checksum of its planes");
  }
  const masks = shapeOf(frame, raw);
  checkMasks(frame, masks);
  const nodes = counts[levels - 1]!;
  const colorsEnd = shapeBytes + nodes * 4;
  return {
    header,
    depth: header.lod + levels - 1,
    levels,
    keys: keysFromMasks(counts, masks, levels - 1, kindOfFormat(header.format)),
    colors: new Uint32Array(raw.slice(shapeBytes, colorsEnd).buffer),
    materials: planes & PLANE_MATERIALS ? raw.slice(colorsEnd) : new Uint8Array(nodes),
  };
}

function emptyFrame(header: FrameHeader): DecodedFrame {
  const keys = new Uint32Array(0);
  return { header, depth: 0, levels: 0, keys, colors: new Uint32Array(0), materials: new Uint8Array(0) };
}

function readCounts(view: DataView, levels: number, kind: TreeKind): Uint32Array {
  const counts = new Uint32Array(levels);
  let most = 1;
  for (let level = 0; level < levels; level++) {
    const offset = 4 + level * 4;
    const count = view.getUint32(offset, true);
    // A level holds at least one node under each node above it, and at most eight (six tetrahedra under a region).
    const least = level === 0 ? 1 : counts[level - 1]!;
    if (count < least || count > most) {
      fail(FRAME_HEADER_BYTES + offset, `level ${level} has ${count} nodes, not ${least} to ${most}`);
    }
    counts[level] = count;
    most = count * mostChildren(kind, level);
  }
  return counts;
}

function shapeOf(frame: OpenedFrame, raw: Uint8Array): Uint8Array {
  const { header, counts, shapeBytes, bodyOffset } = frame;
  const shape = raw.subarray(0, shapeBytes);
  if (header.codec !== 0) return shape;
  try {
    return decodeDescriptorPlane(shape, kindOfFormat(header.format), counts.length - 1);
  } catch (cause) {
    throw new ProtocolError("frame", bodyOffset, (cause as RangeError).message, { cause });
  }
}

function checkMasks(frame: OpenedFrame, masks: Uint8Array): void {
  const { counts } = frame;
  const most = mostChildren(kindOfFormat(frame.header.format), 0);
  if (masks.length > 0 && masks[0]! >> most !== 0) {
    fail(frame.bodyOffset, `the region's mask is ${masks[0]}, but a tetree's has only bits 0 to 5`);
  }
  let index = 0;
  for (let level = 0; level + 1 < counts.length; level++) {
    const end = index + counts[level]!;
    let children = 0;
    for (; index < end; index++) {
      const mask = masks[index]!;
      if (mask === 0) fail(frame.bodyOffset, `mask ${index} of the planes is 0, but every node has a child`);
      children += popcount8(mask);
    }
    if (children !== counts[level + 1]) {
      fail(
        frame.bodyOffset,
        `the masks of level ${level} name ${children} children, ${counts[level + 1]} are counted`,
      );
    }
  }
}

function lastWord(bytes: Uint8Array): number {
  if (bytes.length < 4) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(bytes.length - 4);
}

function fail(offset: number, reason: string): never {
  throw new ProtocolError("frame", offset, reason);
}
