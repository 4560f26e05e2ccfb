import { gunzipSync, gzipSync } from "node:zlib";
import {
  encodeGzipMessage,
  FRAME_HEADER_BYTES,
  MAGICS,
  ProtocolError,
  readGzipMessage,
  readMagic,
  VoxcastError,
} from "../protocol/mod.ts";
import { payloadBytes } from "./payload_bytes.ts";
import type { Payload } from "./wire.ts";

/** Sizes in bytes from which on messages are compressed for clients that asked for it. */
export interface GzipLimits {
  readonly gzipJsonBytes: number;
  readonly gzipBinaryBytes: number;
}

/** What compression has saved: over the messages long enough for it, those that would not shrink among them. */
export interface GzipStats {
  readonly messages: number;
  /** Bytes without compression. */
  readonly plainBytes: number;
  /** Bytes that were sent. */
  readonly sentBytes: number;
}

/**
 * Level of compression. Measured on lists of entities as JSON, 1 to 64 KB: level 2 leaves 30 to 38 % in 21 to 410 us, level 1
 * leaves 42 to 54 % in 26 to 260 us, level 6 leaves 28 to 37 % in 29 to 810 us.
 */
const LEVEL = 2;

/** Most messages whose compressed form is kept for the next client, and most bytes of both forms together. */
const MAX_CACHED = 64;
const MAX_CACHED_BYTES = 1024 * 1024;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Compresses what is long enough for clients that negotiated gzip, and inflates what they send. What has just been
 * compressed for one client is kept for the others: for the same bytes (the object), or equal text. It runs on the
 * calling thread.
 */
export class MessageGzip {
  readonly #limits: GzipLimits;
  /** Oldest first; undefined for a message that does not shrink. */
  readonly #cache = new Map<Payload, Uint8Array<ArrayBuffer> | undefined>();
  #cachedBytes = 0;
  readonly #stats = { messages: 0, plainBytes: 0, sentBytes: 0 };

  constructor(limits: GzipLimits) {
    this.#limits = limits;
  }

  /** Totals since the start. */
  get stats(): GzipStats {
    return { ...this.#stats };
  }

  /** What to send for a message: a compressed message where that is smaller, else the message as it is. */
  pack(message: Payload): Payload {
    if (!this.#isLongEnough(message)) return message;
    const bytes = payloadBytes(message);
    const packed = this.#packed(message, bytes);
    this.#stats.messages++;
    this.#stats.plainBytes += bytes;
    this.#stats.sentBytes += packed?.length ?? bytes;
    return packed ?? message;
  }

  /**
   * The message inside a compressed one; never are more than `maxBytes` inflated.
   * @throws {VoxcastError} MESSAGE_TOO_LARGE; UNSUPPORTED_BINARY if it cannot be read or is not as long as it says;
   * INVALID_JSON for text that is not UTF-8
   */
  inflate(message: Uint8Array, maxBytes: number): string | Uint8Array {
    const { kind, inflatedBytes, gzip } = open(message);
    if (inflatedBytes > maxBytes) throw tooLarge(inflatedBytes, maxBytes);
    const plain = gunzip(gzip, inflatedBytes, maxBytes);
    if (plain.length !== inflatedBytes) throw wrongSize(inflatedBytes, `${plain.length}`);
    if (kind === "binary") return new Uint8Array(plain);
    try {
      return decoder.decode(plain);
    } catch (cause) {
      throw new VoxcastError("INVALID_JSON", "The compressed text is not UTF-8", { cause });
    }
  }

  #isLongEnough(message: Payload): boolean {
    const { gzipJsonBytes, gzipBinaryBytes } = this.#limits;
    if (typeof message !== "string") return message.length >= gzipBinaryBytes && !isDeflated(message);
    // A string of n units has n to 3n bytes; they are counted only where the answer is open.
    return message.length >= gzipJsonBytes ||
      (message.length * 3 >= gzipJsonBytes && payloadBytes(message) >= gzipJsonBytes);
  }

  #packed(message: Payload, bytes: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#cache.has(message)) return this.#cache.get(message);
    const kind = typeof message === "string" ? "text" : "binary";
    const packed = encodeGzipMessage(kind, bytes, gzipSync(message, { level: LEVEL }));
    const smaller = packed.length < bytes ? packed : undefined;
    this.#keep(message, bytes, smaller);
    return smaller;
  }

  #keep(message: Payload, bytes: number, packed: Uint8Array<ArrayBuffer> | undefined): void {
    const size = bytes + (packed?.length ?? 0);
    if (size > MAX_CACHED_BYTES) return;
    this.#cache.set(message, packed);
    this.#cachedBytes += size;
    for (const [oldest, itsPacked] of this.#cache) {
      if (this.#cache.size <= MAX_CACHED && this.#cachedBytes <= MAX_CACHED_BYTES) break;
      this.#cache.delete(oldest);
      this.#cachedBytes -= payloadBytes(oldest) + (itsPacked?.length ?? 0);
    }
  }
}

/**
 * Whether gzip gains nothing on it: a region frame whose payload is deflated already (codec 2), or a message that is put
 * together of frames for one client, so that its compressed form could serve nobody else.
 */
function isDeflated(bytes: Uint8Array): boolean {
  switch (readMagic(bytes)) {
    case MAGICS.frame:
      return bytes.length >= FRAME_HEADER_BYTES && (bytes[7]! & 0x0f) === 2;
    case MAGICS.bundle:
    case MAGICS.part:
      return true;
    default:
      return false;
  }
}

function open(message: Uint8Array): ReturnType<typeof readGzipMessage> {
  try {
    return readGzipMessage(message);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new VoxcastError("UNSUPPORTED_BINARY", cause.message, { cause });
  }
}

function gunzip(gzip: Uint8Array, inflatedBytes: number, maxBytes: number): Uint8Array {
  try {
    // At least 1, which is the least that the option takes.
    return gunzipSync(gzip, { maxOutputLength: Math.max(1, inflatedBytes) });
  } catch (cause) {
    if (!(cause instanceof RangeError)) {
      throw new VoxcastError("UNSUPPORTED_BINARY", "The gzip stream of the message is cut or damaged", {
        cause,
      });
    }
    if (inflatedBytes === maxBytes) throw tooLarge(`more than ${maxBytes}`, maxBytes);
    throw wrongSize(inflatedBytes, "more");
  }
}

function tooLarge(bytes: number | string, maxBytes: number): VoxcastError {
  return new VoxcastError(
    "MESSAGE_TOO_LARGE",
    `Message of ${bytes} bytes exceeds the limit of ${maxBytes} bytes`,
  );
}

function wrongSize(said: number, found: string): VoxcastError {
  return new VoxcastError(
    "UNSUPPORTED_BINARY",
    `The compressed message says that it inflates to ${said} bytes, found ${found}`,
  );
}
