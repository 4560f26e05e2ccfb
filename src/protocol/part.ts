import { MAGICS, readMagic } from "./magic.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Bytes in front of what a part carries. */
export const PART_HEADER_BYTES = 16;
/** Most parts that a message can be cut into. */
export const MAX_PARTS = 0xffff;

/** How a message is cut. */
export interface PartSplit {
  /** u32 that tells this message from the one before it on the same connection. */
  readonly messageId: number;
  /** Bytes that no part is longer than, its header included; more than `PART_HEADER_BYTES`. */
  readonly maxBytes: number;
}

/** A part taken apart; `bytes` is a view. */
export interface Part {
  readonly messageId: number;
  readonly part: number;
  readonly parts: number;
  /** Bytes of the whole message. */
  readonly totalBytes: number;
  readonly bytes: Uint8Array;
}

/**
 * Parts that a message of `totalBytes` makes if none is longer than `maxBytes`.
 * @throws {RangeError} if that leaves no room, or if they would be more than 65,535
 */
export function partCount(totalBytes: number, maxBytes: number): number {
  const room = maxBytes - PART_HEADER_BYTES;
  if (!(room >= 1)) throw new RangeError(`Parts of ${maxBytes} bytes have no room behind their header`);
  const parts = Math.max(1, Math.ceil(totalBytes / room));
  if (parts > MAX_PARTS) {
    throw new RangeError(`${totalBytes} bytes make ${parts} parts, ${MAX_PARTS} are the most`);
  }
  return parts;
}

/**
 * Writes one part of a message (0 is the first) into the front of a buffer of the caller's: `{u32 magic, u32 messageId,
 * u16 part, u16 parts, u32 totalBytes}` and the bytes that it carries.
 *
 * @returns the bytes written
 * @throws {RangeError} if there is no such part, the buffer is too small, or `partCount` throws
 */
export function writePart(message: Uint8Array, split: PartSplit, part: number, into: Uint8Array): number {
  const parts = partCount(message.length, split.maxBytes);
  if (!Number.isInteger(part) || part < 0 || part >= parts) {
    throw new RangeError(`Part must be a whole number from 0 to ${parts - 1}, got ${part}`);
  }
  const room = split.maxBytes - PART_HEADER_BYTES;
  const carried = message.subarray(part * room, (part + 1) * room);
  const bytes = PART_HEADER_BYTES + carried.length;
  if (bytes > into.length) throw new RangeError(`The part needs ${bytes} bytes, ${into.length} are given`);
  const view = new DataView(into.buffer, into.byteOffset, PART_HEADER_BYTES);
  view.setUint32(0, MAGICS.part, true);
  view.setUint32(4, split.messageId, true);
  view.setUint16(8, part, true);
  view.setUint16(10, parts, true);
  view.setUint32(12, message.length, true);
  into.set(carried, PART_HEADER_BYTES);
  return bytes;
}

/** Whether a binary message says that it is a part of another. */
export function isPart(bytes: Uint8Array): boolean {
  return readMagic(bytes) === MAGICS.part;
}

/** Takes a part apart. Whether it is the one that is due is for the joiner to say. Throws ProtocolError. */
export function readPart(message: Uint8Array): Part {
  if (message.length <= PART_HEADER_BYTES) {
    failPart(0, `a part needs more than ${PART_HEADER_BYTES} bytes, ${message.length} are there`);
  }
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const bytes = message.subarray(PART_HEADER_BYTES);
  const part = view.getUint16(8, true);
  const parts = view.getUint16(10, true);
  const totalBytes = view.getUint32(12, true);
  if (part >= parts) failPart(8, `part ${part} of ${parts} does not exist`);
  return { messageId: view.getUint32(4, true), part, parts, totalBytes, bytes };
}

/** @throws {ProtocolError} always */
export function failPart(offset: number, reason: string): never {
  throw new ProtocolError("part", offset, reason);
}
