import type { Clock, TimerId } from "../observe/mod.ts";
import { type KnownRegions, VoxcastError } from "../protocol/mod.ts";

/** Bounds of {@linkcode RegionClaims}. */
export interface RegionClaimsOptions {
  readonly clock: Clock;
  /** Most regions that one connection may claim. */
  readonly maxRegions: number;
  /** Most memory that the claims of all connections may take. */
  readonly maxBytes: number;
  /** Claims are dropped when nothing has followed them for so long. */
  readonly ttlMs: number;
}

/** What one connection claims. */
interface Held {
  readonly messages: KnownRegions[];
  regions: number;
  bytes: number;
  /** When the last message came. */
  atMs: number;
}

/** Messages KNOWN of one connection before it registers. */
const MAX_MESSAGES = 64;
/** What a message takes beside its numbers: its object and those of its arrays. */
const MESSAGE_BYTES = 1024;

/**
 * What connections said that they hold, until they register. Whoever only claims and never registers takes memory for
 * nothing, so there is a bound for each connection, one for all together, and one in time. All operations are O(1), but for
 * that of the timer: O(claims dropped).
 */
export class RegionClaims<Owner> implements Disposable {
  readonly #options: RegionClaimsOptions;
  /** Those whose last message is oldest come first. */
  readonly #held = new Map<Owner, Held>();
  #bytes = 0;
  #timer: TimerId | undefined;

  constructor(options: RegionClaimsOptions) {
    this.#options = options;
  }

  /** Memory that the claims of all connections take. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps a message until {@linkcode RegionClaims.take}.
   * @throws {VoxcastError} BUSY if more is claimed than one connection may, or all of them together
   */
  add(owner: Owner, message: KnownRegions): void {
    const { clock, maxRegions, maxBytes, ttlMs } = this.#options;
    const held = this.#held.get(owner) ?? { messages: [], regions: 0, bytes: 0, atMs: 0 };
    const regions = held.regions + message.mortons.length;
    if (held.messages.length >= MAX_MESSAGES || regions > maxRegions) {
      throw new VoxcastError(
        "BUSY",
        `At most ${MAX_MESSAGES} messages KNOWN with ${maxRegions} regions are taken before REGISTER_CLIENT`,
      );
    }
    const bytes = bytesOf(message);
    if (this.#bytes + bytes > maxBytes) {
      throw new VoxcastError(
        "BUSY",
        "The server keeps no more of what clients say they hold: register without",
      );
    }
    held.messages.push(message);
    held.regions = regions;
    held.bytes += bytes;
    held.atMs = clock.monotonic();
    this.#bytes += bytes;
    this.#held.delete(owner);
    this.#held.set(owner, held);
    this.#timer ??= clock.setTimeout(() => this.#expire(), ttlMs);
  }

  /** Gives out what a connection has claimed, and keeps it no longer. */
  take(owner: Owner): readonly KnownRegions[] {
    const held = this.#held.get(owner);
    if (held === undefined) return [];
    this.#held.delete(owner);
    this.#bytes -= held.bytes;
    if (this.#held.size === 0) this[Symbol.dispose]();
    return held.messages;
  }

  /** Ends the timer. */
  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    const { clock, ttlMs } = this.#options;
    const nowMs = clock.monotonic();
    this.#timer = undefined;
    for (const [owner, { atMs }] of this.#held) {
      const leftMs = atMs + ttlMs - nowMs;
      if (leftMs > 0) {
        this.#timer = clock.setTimeout(() => this.#expire(), leftMs);
        return;
      }
      this.take(owner);
    }
  }
}

function bytesOf({ mortons, versions, lods, groupHashes }: KnownRegions): number {
  return MESSAGE_BYTES + mortons.byteLength + versions.byteLength + lods.byteLength + groupHashes.byteLength;
}
