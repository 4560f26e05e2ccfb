import { isGzipMessage, knownType, VoxcastError } from "../protocol/mod.ts";
import type { Connection } from "./connection.ts";
import type { MessageGzip } from "./message_gzip.ts";
import { payloadBytes } from "./payload_bytes.ts";

/** Bounds of one message, and of all that come without a credential. */
export interface ReaderLimits {
  readonly maxMessageSizeBytes: number;
  readonly maxUnauthenticatedBytes: number;
}

/** Turns what a socket got into text, or into the bytes of a binary message that is known. */
export class MessageReader {
  readonly #limits: ReaderLimits;
  readonly #gzip: MessageGzip;

  constructor(limits: ReaderLimits, gzip: MessageGzip) {
    this.#limits = limits;
    this.#gzip = gzip;
  }

  /**
   * Counts a message's bytes.
   * @param data a string, or the ArrayBuffer of a binary message
   * @throws {VoxcastError} MESSAGE_TOO_LARGE; AUTH_REQUIRED for a stranger's one too many
   */
  count(connection: Connection, data: unknown): void {
    const { maxMessageSizeBytes: maxBytes, maxUnauthenticatedBytes } = this.#limits;
    const bytes = typeof data === "string"
      ? payloadBytes(data)
      : data instanceof ArrayBuffer
      ? data.byteLength
      : 0;
    connection.counters.bytesReceived += bytes;
    if (bytes > maxBytes) {
      throw new VoxcastError(
        "MESSAGE_TOO_LARGE",
        `Message of ${bytes} bytes exceeds the limit of ${maxBytes} bytes`,
      );
    }
    if (this.hasHadEnough(connection)) {
      throw new VoxcastError(
        "AUTH_REQUIRED",
        `More than ${maxUnauthenticatedBytes} bytes came without a credential`,
      );
    }
  }

  /** Whether a stranger has sent as much as it may. */
  hasHadEnough({ principal, counters }: Connection): boolean {
    return principal === undefined && counters.bytesReceived > this.#limits.maxUnauthenticatedBytes;
  }

  /**
   * A message's text or bytes, inflated if need be.
   * @throws {VoxcastError} UNSUPPORTED_BINARY, and what {@linkcode MessageGzip.inflate} throws
   */
  read(connection: Connection, data: unknown): string | Uint8Array {
    if (typeof data === "string") return data;
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array();
    if (knownType(bytes) !== undefined) return bytes;
    if (!isGzipMessage(bytes)) throw noBinary();
    if (!connection.outbox.hasGzip) {
      throw new VoxcastError(
        "UNSUPPORTED_BINARY",
        "Compressed messages need INIT with compression gzip first",
      );
    }
    const inflated = this.#gzip.inflate(bytes, this.#limits.maxMessageSizeBytes);
    if (typeof inflated !== "string" && knownType(inflated) === undefined) throw noBinary();
    return inflated;
  }
}

function noBinary(): VoxcastError {
  return new VoxcastError(
    "UNSUPPORTED_BINARY",
    "The only binary messages taken are KNOWN, VERIFY and compressed ones",
  );
}
