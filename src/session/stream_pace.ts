import type { Clock } from "../observe/mod.ts";
import { perSecond, TokenBucket } from "../security/mod.ts";
import type { Connection } from "./connection.ts";

/** What streams may send. */
export interface StreamPaceLimits {
  /** Of the streams of one connection, all together. */
  readonly streamUpdatesPerSecond: number;
  /** Of all streams of the server. */
  readonly serverStreamUpdatesPerSecond: number;
}

/** What the pace knows of one stream. */
export interface PacedStream {
  /** Monotonic time of its last update; -Infinity before the first. */
  grantedAtMs: number;
}

/** How often a stream asks, while it waits for its share, whether the server has something again. */
const RETRIES_A_SHARE = 4;

/** Who has a share: a principal, with all of its connections; where nobody is somebody, each connection. */
type Owner = string | Connection;

/**
 * Holds streams to what is granted for their updates, per connection and in all. Where more is asked for, intervals get
 * longer: principals have equal shares of what the server grants, however many connections they have, the streams of one
 * equal shares of that, each waits for its own, and nothing is made in vain meanwhile.
 */
export class StreamPace {
  readonly #limits: StreamPaceLimits;
  readonly #server: TokenBucket;
  /** Streams of each connection that has any, and of each owner. */
  readonly #streams = new Map<Connection, number>();
  readonly #streamsOfOwner = new Map<Owner, number>();

  constructor({ limits, clock }: { readonly limits: StreamPaceLimits; readonly clock: Clock }) {
    this.#limits = limits;
    this.#server = new TokenBucket(perSecond(limits.serverStreamUpdatesPerSecond), clock.monotonic());
  }

  /** Connections and owners that are known. */
  get entryCount(): number {
    return this.#streams.size + this.#streamsOfOwner.size;
  }

  /** A connection has one more stream or one less. */
  changed(connection: Connection): void {
    const streams = connection.subscriptions?.size ?? 0;
    const owner = ownerOf(connection);
    const before = this.#streams.get(connection) ?? 0;
    setOrDelete(this.#streams, connection, streams);
    setOrDelete(this.#streamsOfOwner, owner, (this.#streamsOfOwner.get(owner) ?? 0) + streams - before);
  }

  /**
   * Takes leave for one update of a stream: 0 if it is given, else after how many ms to ask again. As long as the server has
   * plenty, everybody gets what they ask for; once half of what it saves up is used, each stream waits for its share.
   */
  claim(connection: Connection, stream: PacedStream, nowMs: number): number {
    const { rates } = connection;
    const { streamUpdatesPerSecond, serverStreamUpdatesPerSecond } = this.#limits;
    const own = rates.streamUpdates ??= new TokenBucket(perSecond(streamUpdatesPerSecond), nowMs);
    const streams = this.#streams.get(connection) ?? 0;
    const ownersStreams = this.#streamsOfOwner.get(ownerOf(connection)) ?? 0;
    const shareMs = 1000 * ownersStreams * this.#streamsOfOwner.size / serverStreamUpdatesPerSecond;
    const pauseMs = Math.max(
      emptyMs(own.retryAfterMs(nowMs), 1000 * streams / streamUpdatesPerSecond),
      emptyMs(this.#server.retryAfterMs(nowMs), shareMs / RETRIES_A_SHARE),
      this.#isShort(nowMs) ? Math.ceil(stream.grantedAtMs + shareMs - nowMs) : 0,
    );
    if (pauseMs > 0) return pauseMs;
    own.take(nowMs);
    this.#server.take(nowMs);
    stream.grantedAtMs = nowMs;
    return 0;
  }

  #isShort(nowMs: number): boolean {
    return this.#server.remaining(nowMs) < this.#limits.serverStreamUpdatesPerSecond / 2;
  }
}

/** The same from a connection's first stream to its end: it stays with the principal that it began with. */
function ownerOf(connection: Connection): Owner {
  const { principal } = connection;
  return principal === undefined || principal.method === "none" ? connection : principal.id;
}

function setOrDelete<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

/** How long to wait for a bucket that is empty: not as short as many others would; 0 if it is not. */
function emptyMs(retryAfterMs: number, leastMs: number): number {
  return retryAfterMs === 0 ? 0 : Math.max(retryAfterMs, Math.ceil(leastMs));
}
