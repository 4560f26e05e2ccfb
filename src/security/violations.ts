/**
 * What is to be done about a violation: nothing (one was answered within the last second, or a ban runs), say that the
 * limit is near its end, refuse what came, or ban.
 */
export type Verdict = "quiet" | "warn" | "refuse" | "ban";

/** How violations are judged. */
export interface ViolationRule {
  /** The violation that brings the ban, from 1. */
  readonly maxViolations: number;
  /** Time of a ban, and time without a violation after which all earlier ones are forgotten. */
  readonly banMs: number;
  /** Most identities that are remembered. */
  readonly maxKeys: number;
  /** Called with each identity that is banned. */
  readonly onBan?: (identity: string) => void;
}

interface Entry {
  count: number;
  /** Time of the last violation that was counted. */
  lastMs: number;
  /** 0 unless banned. */
  bannedUntilMs: number;
}

/** At most one violation an identity is counted, and answered, in this time. */
const COUNT_INTERVAL_MS = 1000;
/** How many of the oldest entries are looked at for one to give up. */
const CANDIDATES = 16;

/**
 * Counts who breaks limits, by principal or session: the first violation is only warned about, later ones are refused,
 * and the `maxViolations`-th brings a ban. Times are milliseconds of a clock that never goes back. What it remembers
 * is bounded: when a new identity finds no room, one without a ban and with few violations goes first.
 */
export class Violations {
  readonly #rule: ViolationRule;
  /** The longest without a violation first. */
  readonly #entries = new Map<string, Entry>();
  #counted = 0;
  #bans = 0;

  constructor(rule: ViolationRule) {
    this.#rule = rule;
  }

  /** Identities that are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** Violations counted since the start. */
  get counted(): number {
    return this.#counted;
  }

  /** Bans since the start. */
  get bans(): number {
    return this.#bans;
  }

  /** Takes note of a violation and says what to do about it. */
  record(identity: string, nowMs: number): Verdict {
    const { maxViolations, banMs } = this.#rule;
    const entry = this.#entryOf(identity, nowMs);
    if (nowMs < entry.bannedUntilMs || nowMs - entry.lastMs < COUNT_INTERVAL_MS) return "quiet";
    // Again at the end of the order.
    this.#entries.delete(identity);
    this.#entries.set(identity, entry);
    entry.lastMs = nowMs;
    this.#counted++;
    if (++entry.count >= maxViolations) {
      entry.bannedUntilMs = nowMs + banMs;
      this.#bans++;
      this.#rule.onBan?.(identity);
      return "ban";
    }
    return entry.count === 1 ? "warn" : "refuse";
  }

  /** Time that an identity's ban still runs; 0 if it is not banned. */
  banLeftMs(identity: string, nowMs: number): number {
    const entry = this.#entries.get(identity);
    return entry === undefined ? 0 : Math.max(0, entry.bannedUntilMs - nowMs);
  }

  /** Forgets who has been without a violation, or has served the ban, for long enough. O(size) */
  sweep(nowMs: number): void {
    for (const [identity, entry] of this.#entries) {
      if (this.#isOver(entry, nowMs)) this.#entries.delete(identity);
    }
  }

  #entryOf(identity: string, nowMs: number): Entry {
    const known = this.#entries.get(identity);
    if (known !== undefined && !this.#isOver(known, nowMs)) return known;
    if (known === undefined && this.#entries.size >= this.#rule.maxKeys) this.#forgetOne(nowMs);
    const fresh = { count: 0, lastMs: -Infinity, bannedUntilMs: 0 };
    this.#entries.set(identity, fresh);
    return fresh;
  }

  /** A ban begins with the last violation, so it ends just when that is forgotten. */
  #isOver(entry: Entry, nowMs: number): boolean {
    return nowMs - entry.lastMs >= this.#rule.banMs;
  }

  #forgetOne(nowMs: number): void {
    let least: string | undefined;
    let leastCount = Infinity;
    let seen = 0;
    for (const [identity, entry] of this.#entries) {
      const count = this.#isOver(entry, nowMs) ? 0 : entry.count;
      if (count < leastCount) [least, leastCount] = [identity, count];
      if (count === 0 || ++seen === CANDIDATES) break;
    }
    if (least !== undefined) this.#entries.delete(least);
  }
}
