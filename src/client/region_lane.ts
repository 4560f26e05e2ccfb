import { FRAME_HEADER_BYTES, type HeldRegion, readFrameHeader } from "../protocol/mod.ts";
import { type RegionKey, regionKey } from "../space/mod.ts";
import { type ContentHash, hashSamples } from "../tree/mod.ts";

/** A region frame that waits to be decoded. */
export interface WaitingFrame {
  readonly key: RegionKey;
  readonly bytes: Uint8Array;
  readonly version: number;
  /** Whether it says all about its region; else it continues what is held. */
  readonly isFull: boolean;
}

/** Reads what the order of frames depends on. @throws {ProtocolError} if the header cannot be read */
export function waitingFrame(bytes: Uint8Array): WaitingFrame {
  const { level, morton, version, flags } = readFrameHeader(bytes);
  return { key: regionKey(level, morton), bytes, version, isFull: flags === 0 };
}

/**
 * The frames of one region, one after the other: what is held, what is being decoded, and what waits. A full frame makes
 * those that wait before it needless; a frame that continues another is never passed over. After a frame that could not
 * be applied nothing counts but a full one.
 */
export class RegionLane {
  readonly key: RegionKey;
  /** Whether it stands in line for a decoder. */
  isQueued = false;
  #held: HeldRegion | undefined;
  #hash: ContentHash | undefined;
  #decoding: WaitingFrame | undefined;
  #waiting: WaitingFrame[] = [];
  #isBroken = false;

  constructor(key: RegionKey) {
    this.key = key;
  }

  /** What is held of the region; undefined before the first frame. */
  get held(): HeldRegion | undefined {
    return this.#held;
  }

  /** Hash of the nodes held, kept until they change. Linear in the nodes the first time. */
  get hash(): ContentHash | undefined {
    return this.#hash ??= this.#held && hashSamples(this.#held);
  }

  /** Whether a frame can be taken out now. */
  get isReady(): boolean {
    return this.#decoding === undefined && this.#waiting.length > 0;
  }

  /** Whether nothing is being decoded and nothing waits. */
  get isIdle(): boolean {
    return this.#decoding === undefined && this.#waiting.length === 0;
  }

  /** Takes a frame as it comes in; returns those that are of no use any more, which may be this one. */
  push(frame: WaitingFrame): readonly WaitingFrame[] {
    if (!frame.isFull) {
      if (this.#isBroken) return [frame];
      this.#waiting.push(frame);
      return [];
    }
    // Whatever is sent after something was wrong is what the server knows.
    if (!this.#isBroken && frame.version < this.#newest()) return [frame];
    this.#isBroken = false;
    return this.#waiting.splice(0, Infinity, frame);
  }

  /** Takes the next frame out; it is to be told with `applied` or `failed`. */
  begin(): WaitingFrame | undefined {
    return this.#decoding = this.#waiting.shift();
  }

  /** The frame that was begun has made this of the region. */
  applied(held: HeldRegion): void {
    this.#decoding = undefined;
    this.#held = held;
    this.#hash = undefined;
  }

  /** The frame that was begun cannot be applied; returns those behind it that are of no use now. */
  failed(): readonly WaitingFrame[] {
    this.#decoding = undefined;
    const full = this.#waiting.findIndex(({ isFull }) => isFull);
    this.#isBroken = full < 0;
    return this.#waiting.splice(0, full < 0 ? Infinity : full);
  }

  #newest(): number {
    const versions = this.#waiting.map(({ version }) => version);
    return Math.max(this.#held?.version ?? 0, this.#decoding?.version ?? 0, ...versions);
  }
}

/** Bytes that a held region takes: key, colour and material of each node. */
export function heldBytes({ keys, colors, materials }: HeldRegion): number {
  return FRAME_HEADER_BYTES + keys.byteLength + colors.byteLength + materials.byteLength;
}
