import type { Buffer } from "node:buffer";
import { crc32, createDeflate } from "node:zlib";

/** Bytes of rows that are filtered and deflated in one turn. */
const TURN_BYTES = 256 * 1024;
/** Deflate: pictures of worlds gain little from more. */
const LEVEL = 6;
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Every row is written as its difference to the one above. */
const FILTER_UP = 2;

/**
 * Writes a picture as PNG (W3C Portable Network Graphics Specification, 3rd edition): 8 bits a channel, RGB, not interlaced.
 * Alpha is left out, as pictures have none. Rows go through the deflater some at a time, off this thread, so that a large
 * picture holds nothing up.
 *
 * @param rgba four bytes a pixel, rows from the top
 * @throws RangeError if the bytes do not make a picture of that size, or the signal's reason
 */
export async function encodePng(
  rgba: Uint8Array,
  widthPx: number,
  heightPx: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(widthPx >= 1 && heightPx >= 1) || rgba.length !== 4 * widthPx * heightPx) {
    throw new RangeError(`A picture of ${widthPx} x ${heightPx} pixels cannot have ${rgba.length} bytes`);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, widthPx);
  view.setUint32(4, heightPx);
  header.set([8, 2, 0, 0, 0], 8);
  const data = await deflated(rgba, widthPx, heightPx, signal);
  const parts = [SIGNATURE, ...chunk("IHDR", header), ...chunk("IDAT", ...data), ...chunk("IEND")];
  const png = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    png.set(part, at);
    at += part.length;
  }
  return png;
}

/** The deflated rows, in pieces. */
async function deflated(
  rgba: Uint8Array,
  widthPx: number,
  heightPx: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const deflate = createDeflate({ level: LEVEL });
  const pieces: Uint8Array[] = [];
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => {});
  deflate.on("data", (piece: Buffer) => pieces.push(piece));
  deflate.on("end", () => ended.resolve());
  deflate.on("error", (error: Error) => ended.reject(error));
  const rows = Math.max(1, Math.floor(TURN_BYTES / (4 * widthPx)));
  try {
    for (let first = 0; first < heightPx; first += rows) {
      signal?.throwIfAborted();
      const filtered = filterRows(rgba, widthPx, first, Math.min(rows, heightPx - first));
      await new Promise<void>((resolve) => deflate.write(filtered, () => resolve()));
    }
    deflate.end();
    await ended.promise;
  } finally {
    deflate.destroy();
  }
  return pieces;
}

/** Rows as PNG has them before they are deflated: the filter's number, then the differences. */
function filterRows(rgba: Uint8Array, widthPx: number, first: number, rows: number): Uint8Array {
  const filtered = new Uint8Array(rows * (1 + 3 * widthPx));
  const stride = 4 * widthPx;
  let to = 0;
  for (let row = first; row < first + rows; row++) {
    filtered[to++] = FILTER_UP;
    const end = (row + 1) * stride;
    for (let from = row * stride; from < end; from += 4) {
      for (let channel = from; channel < from + 3; channel++) {
        // The row above the first is zero.
        filtered[to++] = rgba[channel]! - (row === 0 ? 0 : rgba[channel - stride]!);
      }
    }
  }
  return filtered;
}

/** Length, type, data and checksum of a chunk. */
function chunk(type: string, ...data: readonly Uint8Array[]): Uint8Array[] {
  const name = new TextEncoder().encode(type);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, data.reduce((bytes, { length }) => bytes + length, 0));
  let checksum = crc32(name);
  for (const piece of data) checksum = crc32(piece, checksum);
  const end = new Uint8Array(4);
  new DataView(end.buffer).setUint32(0, checksum);
  return [length, name, ...data, end];
}
