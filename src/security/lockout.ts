import { addressGroup } from "./ip_address.ts";

export interface LockoutRule {
  /** Wrong credentials after which an address is locked. */
  readonly maxFailures: number;
  readonly lockoutMs: number;
  /** Most addresses that are remembered; the one whose last failure is longest ago goes first. */
  readonly maxKeys: number;
}

interface Failures {
  count: number;
  lastMs: number;
}

/**
 * Counts wrong credentials an address (an IPv6 /64 counts as one: whoever has one address of it has all) and locks it for
 * a while. A success forgets nothing, or a guesser who owns one credential could guess for ever; failures are forgotten
 * after a lock-out's time without another. Times are monotonic. All calls take constant time.
 */
export class Lockout {
  readonly #rule: LockoutRule;
  /** In the order of the last failure, so what is forgotten next comes first. */
  readonly #failures = new Map<string, Failures>();

  constructor(rule: LockoutRule) {
    this.#rule = rule;
  }

  /** Time until the address is served again; 0 if it is not locked. */
  leftMs(address: string, nowMs: number): number {
    const failures = this.#current(address, nowMs);
    if (failures === undefined || failures.count < this.#rule.maxFailures) return 0;
    return failures.lastMs + this.#rule.lockoutMs - nowMs;
  }

  /** Wrong credentials that are left before the lock. */
  attemptsLeft(address: string, nowMs: number): number {
    return Math.max(0, this.#rule.maxFailures - (this.#current(address, nowMs)?.count ?? 0));
  }

  /** Counts a failure. True if it locked the address; one of a locked address changes nothing. */
  fail(address: string, nowMs: number): boolean {
    const { maxFailures, maxKeys } = this.#rule;
    const key = addressGroup(address);
    const count = (this.#current(address, nowMs)?.count ?? 0) + 1;
    if (count > maxFailures) return false;
    this.#failures.delete(key);
    this.sweep(nowMs);
    if (this.#failures.size >= maxKeys) this.#failures.delete(this.#failures.keys().next().value!);
    this.#failures.set(key, { count, lastMs: nowMs });
    return count === maxFailures;
  }

  /** Forgets what has ended. */
  sweep(nowMs: number): void {
    for (const [key, { lastMs }] of this.#failures) {
      if (nowMs - lastMs < this.#rule.lockoutMs) return;
      this.#failures.delete(key);
    }
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#failures.size;
  }

  #current(address: string, nowMs: number): Failures | undefined {
    const failures = this.#failures.get(addressGroup(address));
    return failures !== undefined && nowMs - failures.lastMs < this.#rule.lockoutMs ? failures : undefined;
  }
}
