import { FRAME_HEADER_BYTES, readFrameHeader } from "./frame_header.ts";
import { MAGICS, readMagic } from "./magic.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Bytes in front of a bundle's first frame. */
export const BUNDLE_HEADER_BYTES = 8;
/** Most frames that a bundle can count. */
export const MAX_BUNDLE_FRAMES = 0xffff;

/** Bytes of the bundle of these frames. Linear in their number. */
export function bundleBytes(frames: readonly Uint8Array[]): number {
  let bytes = BUNDLE_HEADER_BYTES;
  for (const frame of frames) bytes += frame.length;
  return bytes;
}

/**
 * Writes frames as one message into the front of a buffer of the caller's: `{u32 magic, u16 count, u16 0}`, then the
 * frames one after another, whose headers tell their lengths.
 *
 * @returns the bytes written
 * @throws {RangeError} for no frame, more than 65,535, or a buffer that is too small
 */
export function writeBundle(frames: readonly Uint8Array[], into: Uint8Array): number {
  if (frames.length === 0 || frames.length > MAX_BUNDLE_FRAMES) {
    throw new RangeError(`A bundle has 1 to ${MAX_BUNDLE_FRAMES} frames, not ${frames.length}`);
  }
  const bytes = bundleBytes(frames);
  if (bytes > into.length) throw new RangeError(`The bundle needs ${bytes} bytes, ${into.length} are given`);
  const view = new DataView(into.buffer, into.byteOffset, BUNDLE_HEADER_BYTES);
  view.setUint32(0, MAGICS.bundle, true);
  view.setUint16(4, frames.length, true);
  view.setUint16(6, 0, true);
  let at = BUNDLE_HEADER_BYTES;
  for (const frame of frames) {
    into.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

/**
 * The frames of a message, as views into it: those of a bundle, or the message itself if it is a frame. A message of
 * another magic has none, as clients pass over what they do not know. The frames' headers are checked, the rest is not.
 * Throws ProtocolError. Linear in the frames.
 */
export function readBulk(message: Uint8Array): Uint8Array[] {
  const magic = readMagic(message);
  if (magic === MAGICS.frame) return [message];
  return magic === MAGICS.bundle ? readBundle(message) : [];
}

function readBundle(message: Uint8Array): Uint8Array[] {
  if (message.length < BUNDLE_HEADER_BYTES) {
    fail(0, `the header needs ${BUNDLE_HEADER_BYTES} bytes, ${message.length} are there`);
  }
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const count = view.getUint16(4, true);
  if (count === 0) fail(4, "the bundle has no frame");
  if (view.getUint16(6, true) !== 0) fail(6, "the reserved field is not 0");
  const frames: Uint8Array[] = [];
  let at = BUNDLE_HEADER_BYTES;
  while (frames.length < count) {
    const left = message.length - at;
    const length = FRAME_HEADER_BYTES + payloadBytes(message.subarray(at, at + FRAME_HEADER_BYTES), at);
    if (length > left) fail(at + 20, `frame ${frames.length} needs ${length} bytes, ${left} are left`);
    frames.push(message.subarray(at, at + length));
    at += length;
  }
  if (at !== message.length) fail(at, `${message.length - at} bytes follow the last frame`);
  return frames;
}

function payloadBytes(header: Uint8Array, at: number): number {
  try {
    return readFrameHeader(header).payloadBytes;
  } catch (cause) {
    const { offset, message } = cause as ProtocolError;
    throw new ProtocolError("bundle", at + offset, message, { cause });
  }
}

function fail(offset: number, reason: string): never {
  throw new ProtocolError("bundle", offset, reason);
}
