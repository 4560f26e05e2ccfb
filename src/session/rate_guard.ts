import type { Clock } from "../observe/mod.ts";
import { CLOSE_CODES, VoxcastError } from "../protocol/mod.ts";
import { type BucketRule, perSecond, TokenBucket, type Violations } from "../security/mod.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionRates } from "./connection_rates.ts";
import type { LimitClass } from "./message_needs.ts";

/** What connections are granted. */
export interface RateLimits {
  readonly messagesPerSecond: number;
  readonly serverMessagesPerSecond: number;
  readonly positionsPerSecond: number;
  /** Acknowledgements of bytes that clients are asked for. */
  readonly acksPerSecond: number;
  readonly opsPerSecond: number;
}

/** A client that sends just as often as it was granted must never be told off for its clock being a little fast. */
const CLOCK_ALLOWANCE = 1.2;
/** An overloaded server tells each client so at most this often. */
const OVERLOAD_ANSWER_MS = 1000;

/** What a {@linkcode RateGuard} works with. */
export interface RateGuardOptions {
  readonly limits: RateLimits;
  readonly violations: Violations;
  readonly clock: Clock;
}

/**
 * Holds connections to their rates: all messages of one, all of the server, and classes of their own. What exceeds a rate is
 * skipped; the client is warned, then answered with RATE_LIMITED, at most once a second, and in the end banned (4008),
 * as a principal or, where there is none, as a session.
 */
export class RateGuard {
  readonly #limits: RateLimits;
  readonly #violations: Violations;
  readonly #server: TokenBucket;
  readonly #rule: BucketRule;
  #rateLimited = 0;

  constructor({ limits, violations, clock }: RateGuardOptions) {
    this.#limits = limits;
    this.#violations = violations;
    this.#rule = perSecond(limits.messagesPerSecond);
    this.#server = new TokenBucket(perSecond(limits.serverMessagesPerSecond), clock.monotonic());
  }

  /** Messages that were not looked at because a limit was exceeded. */
  get rateLimited(): number {
    return this.#rateLimited;
  }

  /** What a new connection has. */
  newRates(nowMs: number): ConnectionRates {
    return {
      messages: new TokenBucket(this.#rule, nowMs),
      positions: undefined,
      ops: undefined,
      acks: undefined,
      streamUpdates: undefined,
      nextOverloadAnswerMs: -Infinity,
    };
  }

  /** Whether one more message of a connection may be looked at; if not, the client has been told. */
  admits(connection: Connection, nowMs: number): boolean {
    const { messages } = connection.rates;
    if (!messages.take(nowMs)) {
      this.#exceeded(connection, "messages", messages.retryAfterMs(nowMs), nowMs);
      return false;
    }
    if (this.#server.take(nowMs)) return true;
    this.#overloaded(connection, nowMs);
    return false;
  }

  /** The same for a class of messages, once the message's type is known. */
  admitsClass(connection: Connection, name: LimitClass, nowMs: number): boolean {
    const bucket = connection.rates[name] ??= new TokenBucket(this.#classRule(name), nowMs);
    if (bucket.take(nowMs)) return true;
    this.#exceeded(connection, name, bucket.retryAfterMs(nowMs), nowMs);
    return false;
  }

  /**
   * Takes a message back out of the account, as an acknowledgement that the server asked for: what it is sent must not cost
   * a client its messages. More of them than asked for count like any others.
   */
  excuse({ rates }: Connection, nowMs: number): void {
    rates.acks ??= new TokenBucket(perSecond(this.#limits.acksPerSecond * CLOCK_ALLOWANCE), nowMs);
    if (!rates.acks.take(nowMs)) return;
    rates.messages.give();
    this.#server.give();
  }

  /** Closes a connection whose principal or session is banned, and tells it for how long; false if it is not. */
  closeIfBanned(connection: Connection, nowMs: number): boolean {
    const retryAfterMs = this.#violations.banLeftMs(connection.identity, nowMs);
    if (retryAfterMs === 0) return false;
    connection.outbox.sendError(bannedError(retryAfterMs));
    connection.close(CLOSE_CODES.RATE.code);
    return true;
  }

  #classRule(name: LimitClass): BucketRule {
    return name === "positions"
      ? perSecond(this.#limits.positionsPerSecond * CLOCK_ALLOWANCE)
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
        connection.outbox.send("RATE_LIMIT_WARNING", data);
        return;
      }
      case "refuse":
        connection.outbox.sendError(
          new VoxcastError("RATE_LIMITED", `More ${limit} than granted`, { retryAfterMs }),
        );
        return;
      case "ban":
        this.closeIfBanned(connection, nowMs);
    }
  }

  #overloaded(connection: Connection, nowMs: number): void {
    this.#rateLimited++;
    if (nowMs < connection.rates.nextOverloadAnswerMs) return;
    connection.rates.nextOverloadAnswerMs = nowMs + OVERLOAD_ANSWER_MS;
    const error = new VoxcastError("OVERLOADED", "The server has more messages than it takes", {
      retryAfterMs: OVERLOAD_ANSWER_MS,
    });
    connection.outbox.sendError(error);
  }
}

/** What the banned are told, over a socket or before they get one. */
export function bannedError(retryAfterMs: number): VoxcastError {
  return new VoxcastError(
    "BANNED",
    "Limits were exceeded so often that nothing is taken for a while: wait, then send less",
    { retryAfterMs },
  );
}
