/** What a limit grants: at once at most `capacity`, and `perSecond` in the long run. */
export interface BucketRule {
  /** Most that is granted at once, from 1. */
  readonly capacity: number;
  /** What comes back a second, more than 0; need not be whole. */
  readonly perSecond: number;
}

/** The rule of a plain rate: as many at once as a second grants, and at least one. */
export function perSecond(rate: number): BucketRule {
  return { capacity: Math.max(1, rate), perSecond: rate };
}

/** Sums of fractions may fall this much short of a whole number. */
const ROUNDING = 1e-6;

/**
 * A token bucket: in any span of time it grants at most `capacity + perSecond * seconds` (and less than a millionth
 * more, for rounding). Numbers only: `take` allocates nothing, as it runs once a message.
 *
 * Times are milliseconds of a clock that never goes back; where one does all the same, nothing comes back until it has
 * caught up.
 */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perMs: number;
  #tokens: number;
  #lastMs: number;

  /** @throws {RangeError} for a rule that could never grant anything */
  constructor({ capacity, perSecond }: BucketRule, nowMs: number) {
    if (!(capacity >= 1) || !(perSecond > 0)) {
      throw new RangeError(
        `A bucket needs a capacity from 1 and a rate above 0, not ${capacity} and ${perSecond}`,
      );
    }
    this.#capacity = capacity;
    this.#perMs = perSecond / 1000;
    this.#tokens = capacity;
    this.#lastMs = nowMs;
  }

  /** Takes `cost` tokens if they are there; nothing is taken otherwise. */
  take(nowMs: number, cost: number = 1): boolean {
    this.#refill(nowMs);
    if (this.#tokens < cost - ROUNDING) return false;
    this.#tokens = Math.max(0, this.#tokens - cost);
    return true;
  }

  /** Gives tokens back that were taken. */
  give(cost: number = 1): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + cost);
  }

  /** Whole milliseconds until `cost` tokens are there; 0 if they are, Infinity if there can never be so many. */
  retryAfterMs(nowMs: number, cost: number = 1): number {
    this.#refill(nowMs);
    if (this.#tokens >= cost - ROUNDING) return 0;
    if (cost > this.#capacity) return Infinity;
    // A clock that was put back has to catch up first.
    return Math.ceil((cost - ROUNDING - this.#tokens) / this.#perMs + (this.#lastMs - nowMs));
  }

  /** Whole tokens that are there. */
  remaining(nowMs: number): number {
    this.#refill(nowMs);
    return Math.floor(this.#tokens + ROUNDING);
  }

  /** Whole milliseconds until everything that was taken has come back: from then on it is as good as a new one. */
  fullInMs(nowMs: number): number {
    return this.retryAfterMs(nowMs, this.#capacity);
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#lastMs) return;
    const tokens = this.#tokens + (nowMs - this.#lastMs) * this.#perMs;
    this.#tokens = tokens < this.#capacity ? tokens : this.#capacity;
    this.#lastMs = nowMs;
  }
}
