import { type BucketRule, TokenBucket } from "./token_bucket.ts";

/** The outcome of a take. */
export interface Take {
  readonly ok: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Time until the same take would succeed; 0 if it did. */
  readonly retryAfterMs: number;
  /** Time until everything that was taken has come back. */
  readonly fullInMs: number;
}

/** Buckets by key. An interface, so that several servers could share one store. */
export interface LimitStore {
  /**
   * Takes `cost` tokens (1 if not said) from the bucket of `key`, which is made full by `rule` where there is none.
   * A key stands for one rule for ever.
   */
  take(key: string, rule: BucketRule, nowMs: number, cost?: number): Take;
  /** Forgets the buckets that are as good as new. O(size) */
  sweep(nowMs: number): void;
  /** Buckets that are remembered. */
  readonly size: number;
}

/** How many of the longest unused buckets are looked at for one to give up. */
const CANDIDATES = 16;

/**
 * Buckets in memory, at most `maxKeys` of them. When a new one finds no room, the fullest of the longest unused goes,
 * so whoever is at a limit is not forgotten for the sake of strangers.
 */
export class MemoryLimitStore implements LimitStore {
  readonly #maxKeys: number;
  /** The longest unused first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor({ maxKeys }: { readonly maxKeys: number }) {
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(key: string, rule: BucketRule, nowMs: number, cost: number = 1): Take {
    let bucket = this.#buckets.get(key);
    if (bucket !== undefined) this.#buckets.delete(key);
    else {
      if (this.#buckets.size >= this.#maxKeys) this.#forgetOne(nowMs);
      bucket = new TokenBucket(rule, nowMs);
    }
    this.#buckets.set(key, bucket);
    const ok = bucket.take(nowMs, cost);
    return {
      ok,
      remaining: bucket.remaining(nowMs),
      retryAfterMs: ok ? 0 : bucket.retryAfterMs(nowMs, cost),
      fullInMs: bucket.fullInMs(nowMs),
    };
  }

  sweep(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (bucket.fullInMs(nowMs) === 0) this.#buckets.delete(key);
    }
  }

  #forgetOne(nowMs: number): void {
    let fullest: string | undefined;
    let soonestMs = Infinity;
    let seen = 0;
    for (const [key, bucket] of this.#buckets) {
      const fullInMs = bucket.fullInMs(nowMs);
      if (fullInMs < soonestMs) [fullest, soonestMs] = [key, fullInMs];
      if (fullInMs === 0 || ++seen === CANDIDATES) break;
    }
    if (fullest !== undefined) this.#buckets.delete(fullest);
  }
}
