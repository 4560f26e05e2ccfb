import { applyFrame, planesBytesOn } from "./apply_frame.ts";
import { closeFrame, type DecodedFrame, openWhole } from "./frame_decode.ts";
import { cannotInflate, isDeflated, type OpenedBody } from "./frame_planes.ts";
import type { HeldRegion } from "./held_region.ts";
import { type DecodeLimits, openFrame } from "./open_frame.ts";

/**
 * Bytes given to the inflater at a time. It answers a slice with all that the slice expands to, at most 1,032
 * times as much, before anyone can stop it; so this bounds the memory that a hostile stream can take.
 */
const SLICE_BYTES = 8192;

/**
 * Inflates one zlib stream (RFC 1950), or a gzip one (RFC 1952), of known size with the platform's
 * DecompressionStream. As soon as more than `exactBytes` have come out, or if fewer do, or if the input is
 * damaged or goes on after the end, it gives up. Some platforms let a cut checksum pass; `closeFrame` looks
 * at that. Throws RangeError for a wrong size and the platform's TypeError for damaged input.
 */
export async function inflateExact(
  deflated: Uint8Array,
  exactBytes: number,
  format: "deflate" | "gzip" = "deflate",
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const feeding = feed(writer, deflated);
  try {
    const [inflated] = await Promise.all([collect(reader, exactBytes), feeding]);
    return inflated;
  } catch (error) {
    // Both halves are told, so that neither keeps the input alive; what they answer no longer matters.
    await Promise.allSettled([reader.cancel(error), writer.abort(error), feeding]);
    throw error;
  }
}

/**
 * `decodeFrame` where only an asynchronous inflater exists, as in a browser. Throws ProtocolError for any
 * wrong bytes.
 */
export async function decodeFrameAsync(bytes: Uint8Array, limits: DecodeLimits = {}): Promise<DecodedFrame> {
  const frame = openWhole(bytes, limits);
  return closeFrame(frame, await inflateBody(frame, frame.planesBytes));
}

/** `readRegion` with the platform's inflater. Throws ProtocolError for any wrong bytes, and BaseMissingError. */
export async function readRegionAsync(
  held: HeldRegion | undefined,
  bytes: Uint8Array,
  limits: DecodeLimits = {},
): Promise<HeldRegion> {
  const frame = openFrame(bytes, limits);
  return applyFrame(held, frame, await inflateBody(frame, planesBytesOn(frame, held)));
}

async function inflateBody(frame: OpenedBody, size: number): Promise<Uint8Array> {
  if (!isDeflated(frame)) return frame.body;
  try {
    return await inflateExact(frame.body, size);
  } catch (cause) {
    throw cannotInflate(frame, size, cause);
  }
}

async function feed(writer: WritableStreamDefaultWriter<BufferSource>, deflated: Uint8Array): Promise<void> {
  for (let start = 0; start < deflated.length; start += SLICE_BYTES) {
    await writer.write(deflated.subarray(start, start + SLICE_BYTES) as Uint8Array<ArrayBuffer>);
  }
  await writer.close();
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  exactBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const inflated = new Uint8Array(exactBytes);
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length > exactBytes) throw new RangeError(`More than ${exactBytes} bytes came out`);
    inflated.set(value, filled);
    filled += value.length;
  }
  if (filled !== exactBytes) throw new RangeError(`Only ${filled} of ${exactBytes} bytes came out`);
  return inflated;
}
