import { CLOSE_CODES, errorMessage, serverMessage, VoxcastError } from "../protocol/mod.ts";
import { type BucketRule, perSecond, TokenBucket, type Violations } from "../security/mod.ts";
import type { Connection } from "./connection.ts";
import type { LimitClass } from "./message_needs.ts";

/** What connections are granted. */
export interface RateLimits {
  readonly messagesPerSecond: number;
  readonly serverMessagesPerSecond: number;
  readonly positionsPerSecond: number;
  readonly opsPerSecond: number;
}

/** A client that sends just as often as it was granted must never be told off for its clock being a little fast. */
const POSITION_ALLOWANCE = 1.2;
/** An overloaded server tells each client so at most this often. */
const OVERLOAD_ANSWER_MS = 1000;

/** What a {@linkcode RateGuard} counts. */
export interface RateCounters {
  /** Messages that were not looked at because a limit was exceeded. */
  readonly rateLimited: number;
}

/**
 * Holds connections to their rates: all messages of one, all of the server, and classes of their own. What exceeds a rate is
 * skipped; the client is warned, then answered with RATE_LIMITED, at most once a second, and in the end banned (4008),
 * as a principal or, where there is none, as a session.
 */
export class RateGuard {
  readonly #limits: RateLimits;
  readonly #violations: Violations;
  readonly #now: () => number;
  readonly #server: TokenBucket;
  readonly #rule: BucketRule;
  #rateLimited = 0;

  constructor(
    options: {
      readonly limits: RateLimits;
      readonly violations: Violations;
      /** Wall-clock time, for messages. */
      readonly now: () => number;
      readonly nowMs: number;
    },
  ) {
    this.#limits = options.limits;
    this.#violations = options.violations;
    this.#now = options.now;
    this.#rule = perSecond(options.limits.messagesPerSecond);
    this.#server = new TokenBucket(perSecond(options.limits.serverMessagesPerSecond), options.nowMs);
  }

  get counters(): RateCounters {
    return { rateLimited: this.#rateLimited };
  }

  /** A new connection's bucket for all its messages. */
  bucket(nowMs: number): TokenBucket {
    return new TokenBucket(this.#rule, nowMs);
  }

  /** Whether one more message of a connection may be looked at; if not, the client has been told. */
  admits(connection: Connection, nowMs: number): boolean {
    if (!connection.bucket.take(nowMs)) {
      this.#exceeded(connection, "messages", connection.bucket.retryAfterMs(nowMs), nowMs);
      return false;
    }
    if (this.#server.take(nowMs)) return true;
    this.#overloaded(connection, nowMs);
    return false;
  }

  /** The same for a class of messages, once the message's type is known. */
  admitsClass(connection: Connection, name: LimitClass, nowMs: number): boolean {
    const bucket = connection.classBucket(name) ??
      connection.setClassBucket(name, new TokenBucket(this.#classRule(name), nowMs));
    if (bucket.take(nowMs)) return true;
    this.#exceeded(connection, name, bucket.retryAfterMs(nowMs), nowMs);
    return false;
  }

  /** Time that the ban of a connection's principal or session still runs; 0 if there is none. */
  banLeftMs(connection: Connection, nowMs: number): number {
    return this.#violations.banLeftMs(connection.identity, nowMs);
  }

  #classRule(name: LimitClass): BucketRule {
    return name === "positions"
      ? perSecond(this.#limits.positionsPerSecond * POSITION_ALLOWANCE)
      : perSecond(this.#limits.opsPerSecond);
  }

  #exceeded(connection: Connection, limit: string, retryAfterMs: number, nowMs: number): void {
    this.#rateLimited++;
    const verdict = this.#violations.record(connection.identity, nowMs);
    switch (verdict) {
      case "quiet":
        return;
      case "warn": {
        const message = `More ${limit} than granted, the rest of them is skipped`;
        const data = { message, limit, "retry_after_ms": retryAfterMs };
        connection.sendText(serverMessage("RATE_LIMIT_WARNING", this.#now(), data, connection.style));
        return;
      }
      case "refuse":
        connection.sendText(errorMessage(
          new VoxcastError("RATE_LIMITED", `More ${limit} than granted`, { retryAfterMs }),
          this.#now(),
          undefined,
          connection.style,
        ));
        return;
      case "ban":
        this.refuseBanned(connection, nowMs);
    }
  }

  /** Tells a banned client how long it lasts, and closes. */
  refuseBanned(connection: Connection, nowMs: number): void {
    const retryAfterMs = this.banLeftMs(connection, nowMs);
    const error = new VoxcastError(
      "BANNED",
      "Limits were exceeded so often that nothing is taken for a while: wait, then send less",
      { retryAfterMs },
    );
    connection.sendText(errorMessage(error, this.#now(), undefined, connection.style));
    connection.close(CLOSE_CODES.RATE.code);
  }

  #overloaded(connection: Connection, nowMs: number): void {
    this.#rateLimited++;
    if (nowMs < connection.nextOverloadAnswerMs) return;
    connection.nextOverloadAnswerMs = nowMs + OVERLOAD_ANSWER_MS;
    const error = new VoxcastError("OVERLOADED", "The server has more messages than it takes", {
      retryAfterMs: OVERLOAD_ANSWER_MS,
    });
    connection.sendText(errorMessage(error, this.#now(), undefined, connection.style));
  }
}
