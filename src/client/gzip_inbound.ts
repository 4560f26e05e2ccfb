import { inflateExact, isGzipMessage as isGzip, readGzipMessage } from "../protocol/mod.ts";

/** Whether a binary message is a compressed one. */
export function isGzipMessage(message: ArrayBuffer): boolean {
  return isGzip(new Uint8Array(message));
}

/**
 * The message inside a compressed one: a text, or bytes.
 * @throws {ProtocolError} if its header is wrong
 * @throws {RangeError} if it is larger than `maxBytes`, or not as large as it says; no more than that is ever
 * inflated
 * @throws {TypeError} if the stream is damaged, or a text is not UTF-8
 */
export async function openGzipMessage(message: ArrayBuffer, maxBytes: number): Promise<string | ArrayBuffer> {
  const { kind, inflatedBytes, gzip } = readGzipMessage(new Uint8Array(message));
  if (inflatedBytes > maxBytes) {
    throw new RangeError(
      `A compressed message says that it is ${inflatedBytes} bytes, at most ${maxBytes} are read`,
    );
  }
  const inflated = await inflateExact(gzip, inflatedBytes, "gzip");
  return kind === "text" ? new TextDecoder("utf-8", { fatal: true }).decode(inflated) : inflated.buffer;
}
