import { ImportError, type ImportErrorCode } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import type { ProgressListener } from "./parsed_model.ts";

/** Deflate cannot do better; a size that a file claims beyond that is a lie. */
const MAX_DEFLATE_RATIO = 1032;
const MIN_GZIP_BYTES = 18;

/** Whether the bytes start like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates a gzip file, at most `maxDecodedBytes` of it. The size in the trailer is only a hint for the buffer and is
 * itself bounded by what deflate can reach.
 *
 * Throws ImportError LIMIT when the result would be larger, INVALID when it is cut or
 * damaged.
 */
export async function inflateGzip(
  bytes: Uint8Array<ArrayBuffer>,
  limits: ImportLimits,
  onProgress?: ProgressListener,
): Promise<Uint8Array<ArrayBuffer>> {
  const { maxDecodedBytes } = limits;
  if (bytes.length < MIN_GZIP_BYTES) {
    throw gzipError("TRUNCATED", bytes.length, "18 bytes or more", "the file ends");
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
  let out = new Uint8Array(Math.min(trailer, maxDecodedBytes, bytes.length * MAX_DEFLATE_RATIO));
  let length = 0;
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let part = await inflated.read(); !part.done; part = await inflated.read()) {
      const needed = length + part.value.length;
      if (needed > maxDecodedBytes) {
        throw gzipError(
          "LIMIT",
          maxDecodedBytes,
          `at most ${maxDecodedBytes} decompressed bytes`,
          "found more",
        );
      }
      if (needed > out.length) out = grown(out, length, needed, maxDecodedBytes);
      out.set(part.value, length);
      length = needed;
      onProgress?.("decode", length, Math.max(length, trailer));
    }
  } catch (error) {
    if (error instanceof ImportError) throw error;
    // The runtime does not say whether bytes are missing or wrong; the checksum misses either way.
    throw gzipError(
      "INVALID",
      length,
      "a whole and undamaged file",
      "its data is cut, damaged or followed by more",
      error,
    );
  } finally {
    await inflated.cancel().catch(() => {}); // Already failed or finished; there is nothing left to stop.
  }
  return out.subarray(0, length);
}

function grown(
  out: Uint8Array<ArrayBuffer>,
  length: number,
  needed: number,
  limit: number,
): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(limit, Math.max(needed, out.length * 2)));
  larger.set(out.subarray(0, length));
  return larger;
}

function gzipError(
  code: ImportErrorCode,
  offset: number,
  expected: string,
  found: string,
  cause?: unknown,
): ImportError {
  return new ImportError({ code, format: "gzip", offset, path: "decompressed data", expected, found }, {
    cause,
  });
}
