import { BUNDLE_HEADER_BYTES, partCount, writeBundle, writePart } from "../protocol/mod.ts";
import type { BulkPool } from "./bulk_pool.ts";
import type { BundleMetrics, FlushCause } from "./bundle_metrics.ts";
import type { StreamFeatures } from "./stream_features.ts";

/** Where messages go: `frames` are complete with this one. */
export interface BulkSink {
  /** Hands a message over; false if it was not taken. The bytes are the caller's again when this returns. */
  sendBulk(message: Uint8Array, frames: number): boolean;
}

/** What bundlers share. */
export interface BundlerShared {
  readonly pool: BulkPool;
  readonly metrics: BundleMetrics;
  /** Most frames of one bundle. */
  readonly maxBundleFrames: number;
}

/** A message that leaves in parts. */
export interface SplitMessage {
  readonly bytes: Uint8Array;
  readonly messageId: number;
  /** Longest part, its header included. */
  readonly maxBytes: number;
  readonly parts: number;
  next: number;
}

/**
 * Puts one client's frames together into messages: several in a bundle, a long one in parts, as far as the client takes
 * either. A bundle leaves when it has its number of frames, when the next frame would make it too long, or when it is
 * flushed because nothing else is ready. A frame that goes alone is sent as it is, without a copy.
 */
export class FrameBundler {
  readonly #sink: BulkSink;
  readonly #features: StreamFeatures;
  readonly #shared: BundlerShared;
  #frames: Uint8Array[] = [];
  #bytes = BUNDLE_HEADER_BYTES;
  #split: SplitMessage | undefined;
  #lastId = 0;
  #sentBytes = 0;

  constructor(sink: BulkSink, features: StreamFeatures, shared: BundlerShared) {
    this.#sink = sink;
    this.#features = features;
    this.#shared = shared;
  }

  /** Bytes of the frames that wait for others. */
  get waitingBytes(): number {
    return this.#bytes - BUNDLE_HEADER_BYTES;
  }

  /** Whether a message has begun to leave in parts; nothing else may be sent before its last. */
  get isSplitting(): boolean {
    return this.#split !== undefined;
  }

  /** Bytes of all messages handed over so far. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /**
   * Takes a frame; what is full by it is handed over. Nothing may be splitting.
   * @param maxBytes longest message now
   * @returns false if a message was not taken: then every frame that waited is lost
   */
  add(frame: Uint8Array, maxBytes: number): boolean {
    const { bundles, parts } = this.#features;
    const isLong = frame.length > maxBytes;
    if (this.#frames.length > 0 && this.#bytes + frame.length > maxBytes && !this.flush("bytes")) {
      return false;
    }
    if (isLong && parts) {
      this.#begin(frame, maxBytes);
      return true;
    }
    if (!bundles) return this.#single(frame);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    return this.#frames.length < this.#shared.maxBundleFrames || this.flush("frames");
  }

  /** Hands the begun bundle over; false if it was not taken. Nothing happens when it is empty. */
  flush(cause: FlushCause): boolean {
    const frames = this.#frames;
    if (frames.length === 0) return true;
    this.#frames = [];
    this.#bytes = BUNDLE_HEADER_BYTES;
    const isSent = frames.length === 1
      ? this.#hand(frames[0]!, 1)
      : this.#borrowing((buffer) =>
        this.#hand(buffer.subarray(0, writeBundle(frames, buffer)), frames.length)
      );
    if (isSent) this.#shared.metrics.flushed(cause, frames);
    return isSent;
  }

  /** Hands the next part over; false if it was not taken: then the message is lost. */
  sendPart(): boolean {
    const split = this.#split!;
    const part = split.next++;
    const isLast = split.next === split.parts;
    const isSent = this.#borrowing(
      (buffer) => this.#hand(buffer.subarray(0, writePart(split.bytes, split, part, buffer)), isLast ? 1 : 0),
    );
    if (isLast || !isSent) this.#split = undefined;
    if (isSent) {
      this.#shared.metrics.partSent();
      if (isLast) this.#shared.metrics.flushedFrame("bytes", split.bytes);
    }
    return isSent;
  }

  /** Takes out the message that has begun to leave in parts, for another bundler to {@linkcode resume}. */
  takeSplit(): SplitMessage | undefined {
    const split = this.#split;
    this.#split = undefined;
    return split;
  }

  /** Goes on with a message that another bundler has begun. Nothing may wait. */
  resume(split: SplitMessage): void {
    this.#split = split;
    this.#lastId = split.messageId;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#frames = [];
    this.#bytes = BUNDLE_HEADER_BYTES;
    this.#split = undefined;
  }

  #single(frame: Uint8Array): boolean {
    const isSent = this.#hand(frame, 1);
    if (isSent) this.#shared.metrics.flushedFrame("single", frame);
    return isSent;
  }

  #begin(bytes: Uint8Array, maxBytes: number): void {
    this.#split = {
      bytes,
      messageId: ++this.#lastId,
      maxBytes,
      parts: partCount(bytes.length, maxBytes),
      next: 0,
    };
  }

  /** Lends a buffer for one message, which is no longer than the pool's buffers. */
  #borrowing(use: (buffer: Uint8Array<ArrayBuffer>) => boolean): boolean {
    const { pool } = this.#shared;
    const buffer = pool.lend();
    try {
      return use(buffer);
    } finally {
      pool.giveBack(buffer);
    }
  }

  #hand(message: Uint8Array, frames: number): boolean {
    if (!this.#sink.sendBulk(message, frames)) {
      this.#shared.metrics.failed();
      return false;
    }
    this.#sentBytes += message.length;
    return true;
  }
}
