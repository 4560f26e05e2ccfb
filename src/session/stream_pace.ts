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

/**
 * Holds streams to what is granted for their updates, per connection and in all. Where more is asked for, intervals get
 * longer: connections have equal shares of what the server grants, the streams of one equal shares of that, each waits for
 * its own, and nothing is made in vain meanwhile.
 */
export class StreamPace {
  readonly #limits: StreamPaceLimits;
  readonly #server: TokenBucket;
  readonly #subscribers = new Set<Connection>();

  constructor({ limits, clock }: { readonly limits: StreamPaceLimits; readonly clock: Clock }) {
    this.#limits = limits;
    this.#server = new TokenBucket(perSecond(limits.serverStreamUpdatesPerSecond), clock.monotonic());
  }

  /** Connections that share what the server grants. */
  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  /** A connection has one more stream or one less. */
  changed(connection: Connection): void {
    if (streamsOf(connection) > 0) this.#subscribers.add(connection);
    else this.#subscribers.delete(connection);
  }

  /** Takes leave for one update of a connection: 0 if it is given, else after how many ms to ask again. */
  claim(connection: Connection, nowMs: number): number {
    const { rates } = connection;
    const { streamUpdatesPerSecond, serverStreamUpdatesPerSecond } = this.#limits;
    const own = rates.streamUpdates ??= new TokenBucket(perSecond(streamUpdatesPerSecond), nowMs);
    const streams = streamsOf(connection);
    const pauseMs = Math.max(
      shareMs(own.retryAfterMs(nowMs), streams, streamUpdatesPerSecond),
      shareMs(
        this.#server.retryAfterMs(nowMs),
        streams * this.#subscribers.size,
        serverStreamUpdatesPerSecond,
      ),
    );
    if (pauseMs > 0) return pauseMs;
    own.take(nowMs);
    this.#server.take(nowMs);
    return 0;
  }
}

function streamsOf({ subscriptions }: Connection): number {
  return subscriptions?.size ?? 0;
}

/** The interval at which so many streams ask for no more than is granted; 0 where something is granted now. */
function shareMs(retryAfterMs: number, streams: number, perSecond: number): number {
  return retryAfterMs === 0 ? 0 : Math.max(retryAfterMs, Math.ceil(1000 * streams / perSecond));
}
