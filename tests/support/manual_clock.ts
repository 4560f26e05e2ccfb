import type { Clock, TimerId } from "../../src/observe/mod.ts";

interface Timer {
  readonly id: TimerId;
  readonly dueMs: number;
  readonly fn: () => void;
}

/** A clock that stands still until a test moves it. Both `now` and `monotonic` move together. */
export class ManualClock implements Clock {
  readonly #startEpochMs: number;
  readonly #timers = new Map<TimerId, Timer>();
  #elapsedMs = 0;
  #lastId = 0;

  constructor(startEpochMs: number = Date.UTC(2026, 0, 1)) {
    this.#startEpochMs = startEpochMs;
  }

  now(): number {
    return this.#startEpochMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimeout(fn: () => void, ms: number): TimerId {
    const id = ++this.#lastId;
    this.#timers.set(id, { id, dueMs: this.#elapsedMs + Math.max(0, ms), fn });
    return id;
  }

  clearTimeout(id: TimerId): void {
    this.#timers.delete(id);
  }

  afterTurn(fn: () => void): void {
    this.setTimeout(fn, 0);
  }

  /** Timers set and neither fired nor cleared; 0 after a clean dispose. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms`, firing every timer that falls due, in order, each at its own time. */
  advance(ms: number): void {
    const endMs = this.#elapsedMs + ms;
    for (let timer = this.#nextDue(endMs); timer !== undefined; timer = this.#nextDue(endMs)) {
      this.#fire(timer);
    }
    this.#elapsedMs = Math.max(this.#elapsedMs, endMs);
  }

  /** As `advance`, but lets promises settle before, between and after the timers. */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    for (let timer = this.#nextDue(endMs); timer !== undefined; timer = this.#nextDue(endMs)) {
      this.#fire(timer);
      await settle();
    }
    this.#elapsedMs = Math.max(this.#elapsedMs, endMs);
  }

  /** Moves time on without firing anything, as a blocked thread does, also from inside a timer; due timers fire at the next `advance`. */
  block(ms: number): void {
    this.#elapsedMs += ms;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer.id);
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
    timer.fn();
  }

  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}

/** Enough turns of the microtask queue for a chain of awaits. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
