import { MAGICS, readMagic } from "./magic.ts";
import { ProtocolError } from "./protocol_error.ts";

export const GZIP_HEADER_BYTES = 12;

/** What the message is once it is inflated. */
export type GzipKind = "text" | "binary";

/** A compressed message taken apart; nothing is inflated yet. */
export interface GzipMessage {
  readonly kind: GzipKind;
  /** What the sender says the message is long, inflated; the reader inflates no more than that. */
  readonly inflatedBytes: number;
  /** The gzip stream (RFC 1952); a view into the message. */
  readonly gzip: Uint8Array;
}

const KINDS: readonly GzipKind[] = ["text", "binary"];

/** Whether a binary message says that it is a compressed one. */
export function isGzipMessage(bytes: Uint8Array): boolean {
  return readMagic(bytes) === MAGICS.gzip;
}

/**
 * A compressed message: `{u32 magic, u8 kind (0 text, 1 binary), u8 0, u16 0, u32 inflated bytes}`, then the gzip stream.
 * @throws {RangeError} if the inflated size does not fit its field
 */
export function encodeGzipMessage(
  kind: GzipKind,
  inflatedBytes: number,
  gzip: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(inflatedBytes) || inflatedBytes < 0 || inflatedBytes > 0xffffffff) {
    throw new RangeError(`Inflated bytes must be an integer from 0 to 4294967295, not ${inflatedBytes}`);
  }
  const bytes = new Uint8Array(GZIP_HEADER_BYTES + gzip.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGICS.gzip, true);
  view.setUint8(4, KINDS.indexOf(kind));
  view.setUint32(8, inflatedBytes, true);
  bytes.set(gzip, GZIP_HEADER_BYTES);
  return bytes;
}

/**
 * Takes a compressed message apart.
 * @throws {ProtocolError} with the offset of the field that is wrong
 */
export function readGzipMessage(bytes: Uint8Array): GzipMessage {
  if (bytes.length < GZIP_HEADER_BYTES) {
    fail(0, `the header needs ${GZIP_HEADER_BYTES} bytes, ${bytes.length} are there`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isGzipMessage(bytes)) {
    const magic = view.getUint32(0, true).toString(16).padStart(8, "0");
    fail(0, `the magic is 0x${magic}, not 0x5a475856 ("VXGZ")`);
  }
  const kind = KINDS[view.getUint8(4)];
  if (kind === undefined) fail(4, `the kind is ${view.getUint8(4)}, not 0 (text) or 1 (binary)`);
  if (view.getUint8(5) !== 0 || view.getUint16(6, true) !== 0) fail(5, "the reserved bytes are not 0");
  return { kind, inflatedBytes: view.getUint32(8, true), gzip: bytes.subarray(GZIP_HEADER_BYTES) };
}

function fail(offset: number, reason: string): never {
  throw new ProtocolError("compressed message", offset, reason);
}
