import type { TreeKind } from "../tree/mod.ts";
import { MAGICS } from "./magic.ts";
import { failFrame as fail } from "./protocol_error.ts";

/** First four bytes of every region frame, little endian: on the wire `52 56 53 45`. */
export const FRAME_MAGIC = MAGICS.frame;
export const FRAME_HEADER_BYTES = 24;
/** Deepest region level that a frame can name. */
export const MAX_REGION_LEVEL = 7;

/** Codecs spoken here, the preferred first: 2 = masks deflated, 1 = masks as they are, 0 = 64-bit descriptors. */
export const SUPPORTED_CODECS = [2, 1, 0] as const;
export type FrameCodec = (typeof SUPPORTED_CODECS)[number];

/** The frame continues the same version from a coarser LOD. */
export const FLAG_REFINEMENT = 0x10;
/** The frame has the bricks that have changed since an earlier version. */
export const FLAG_DELTA = 0x20;
/** The codecs that refinements and deltas come in. */
export type RefineCodec = 1 | 2;

/** The 24 bytes in front of every region frame. */
export interface FrameHeader {
  /** 1 octree (ESVO), 2 tetree (ESVT). */
  readonly format: 1 | 2;
  /** Levels that the finest level of the frame lies above the voxels. */
  readonly lod: number;
  /** Region level: the world has 2^level regions an axis. */
  readonly level: number;
  readonly codec: number;
  /** High nibble of byte 7: 0, `FLAG_REFINEMENT` or `FLAG_DELTA`. */
  readonly flags: number;
  /** Morton code of the region among those of its level. */
  readonly morton: number;
  readonly version: number;
  /** 0 means that the region is empty now. */
  readonly payloadBytes: number;
}

/** The header's number for a kind of tree. */
export function formatOfKind(kind: TreeKind): 1 | 2 {
  return kind === "esvo" ? 1 : 2;
}

/** The kind of tree that a header's number says. */
export function kindOfFormat(format: 1 | 2): TreeKind {
  return format === 1 ? "esvo" : "esvt";
}

/** Reads and checks the header; what follows it is not looked at. Throws ProtocolError. */
export function readFrameHeader(bytes: Uint8Array): FrameHeader {
  if (bytes.length < FRAME_HEADER_BYTES) {
    fail(0, `the header needs ${FRAME_HEADER_BYTES} bytes, ${bytes.length} are there`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  const magic = view.getUint32(0, true);
  if (magic !== FRAME_MAGIC) fail(0, `the magic is 0x${magic.toString(16).padStart(8, "0")}, not 0x45535652`);
  const format = view.getUint8(4);
  if (format !== 1 && format !== 2) fail(4, `format ${format} is neither 1 (ESVO) nor 2 (ESVT)`);
  const level = view.getUint8(6);
  if (level > MAX_REGION_LEVEL) fail(6, `region level ${level} is above ${MAX_REGION_LEVEL}`);
  const codecAndFlags = view.getUint8(7);
  const morton = view.getUint32(8, true);
  if (view.getUint32(12, true) !== 0 || morton >= 8 ** level) {
    fail(8, `the key is not below ${8 ** level}, the number of regions at level ${level}`);
  }
  return {
    format,
    lod: view.getUint8(5),
    level,
    codec: codecAndFlags & 0x0f,
    flags: codecAndFlags & 0xf0,
    morton,
    version: view.getUint32(16, true),
    payloadBytes: view.getUint32(20, true),
  };
}

/** Writes the header into the first 24 bytes. Throws RangeError for a field that does not fit its place. */
export function writeFrameHeader(bytes: Uint8Array, header: FrameHeader): void {
  const { format, lod, level, codec, flags, morton, version, payloadBytes } = header;
  checkRange("lod", lod, 8);
  checkRange("level", level, MAX_REGION_LEVEL);
  checkRange("codec", codec, 15);
  checkRange("flags", flags, FLAG_REFINEMENT | FLAG_DELTA);
  checkRange("morton", morton, 8 ** level - 1);
  checkRange("version", version, 0xffffffff);
  checkRange("payloadBytes", payloadBytes, 0xffffffff);
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint8(4, format);
  view.setUint8(5, lod);
  view.setUint8(6, level);
  view.setUint8(7, codec | flags);
  view.setUint32(8, morton, true);
  view.setUint32(12, 0, true);
  view.setUint32(16, version, true);
  view.setUint32(20, payloadBytes, true);
}

function checkRange(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`Frame field ${name} must be an integer from 0 to ${most}, not ${value}`);
  }
}
