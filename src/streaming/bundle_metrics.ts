import { FLAG_DELTA, FLAG_REFINEMENT } from "../protocol/mod.ts";

/** Why a message left: it was full by frames or by bytes, nothing else was ready, or its client takes no bundles. */
export const FLUSH_CAUSES = ["frames", "bytes", "idle", "single"] as const;
export type FlushCause = (typeof FLUSH_CAUSES)[number];

/** What a frame brings: a region as a whole, its next levels, or its changes. */
export type FrameType = "full" | "refinement" | "delta";

/** Counters of bulk messages since the start. */
export interface BundleStats {
  readonly messages: Readonly<Record<FlushCause, number>>;
  readonly frames: number;
  /** The same by what they bring. */
  readonly framesByType: Readonly<Record<FrameType, number>>;
  readonly parts: number;
  readonly sendFailures: number;
}

/** Counts how frames left the server: in how many messages, and why each left when it did. */
export class BundleMetrics {
  readonly #messages: Record<FlushCause, number> = { frames: 0, bytes: 0, idle: 0, single: 0 };
  readonly #frames: Record<FrameType, number> = { full: 0, refinement: 0, delta: 0 };
  #parts = 0;
  #sendFailures = 0;

  /** A message with these frames has left. */
  flushed(cause: FlushCause, frames: readonly Uint8Array[]): void {
    this.#messages[cause]++;
    for (const frame of frames) this.#frames[typeOf(frame)]++;
  }

  /** The same of a message with one frame. */
  flushedFrame(cause: FlushCause, frame: Uint8Array): void {
    this.#messages[cause]++;
    this.#frames[typeOf(frame)]++;
  }

  /** A part of a long message has left. */
  partSent(): void {
    this.#parts++;
  }

  /** A message was not taken. */
  failed(): void {
    this.#sendFailures++;
  }

  stats(): BundleStats {
    return {
      messages: { ...this.#messages },
      frames: this.#frames.full + this.#frames.refinement + this.#frames.delta,
      framesByType: { ...this.#frames },
      parts: this.#parts,
      sendFailures: this.#sendFailures,
    };
  }
}

/** Byte of a frame's header that has its flags. */
const FLAGS_AT = 7;

function typeOf(frame: Uint8Array): FrameType {
  const flags = frame[FLAGS_AT]!;
  if ((flags & FLAG_REFINEMENT) !== 0) return "refinement";
  return (flags & FLAG_DELTA) !== 0 ? "delta" : "full";
}
