import type { RegionKey } from "../space/mod.ts";
import type { Timers } from "./timers.ts";

/** How repairs are asked for. */
export interface RegionRepairOptions {
  readonly timers: Timers;
  /** Asks for these regions in full. */
  readonly ask: (keys: readonly RegionKey[]) => void;
}

/** What is broken at the same time is asked for at once. */
const GATHER_MS = 200;
/** Least time between the first two questions about one region; it doubles with each further one ... */
const PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;
/** ... and is short again for a region that was in order for so long. */
const FORGET_MS = 120_000;

interface Question {
  times: number;
  lastMs: number;
  /** When it is asked again; undefined if it is not to be. */
  dueMs: number | undefined;
}

/**
 * Has regions sent again whose frames could not be applied, bounded: a server whose every frame of a region is damaged is
 * asked for it ever more seldom, and never in a loop.
 */
export class RegionRepair {
  readonly #options: RegionRepairOptions;
  readonly #questions = new Map<RegionKey, Question>();
  #timer: unknown;

  constructor(options: RegionRepairOptions) {
    this.#options = options;
  }

  /** These regions are needed in full. */
  refetch(keys: Iterable<RegionKey>): void {
    const nowMs = this.#options.timers.monotonic();
    for (const key of keys) {
      const known = this.#questions.get(key) ?? { times: 0, lastMs: -Infinity, dueMs: undefined };
      if (nowMs - known.lastMs > FORGET_MS) known.times = 0;
      const pauseMs = known.times === 0 ? 0 : Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** (known.times - 1));
      known.dueMs ??= Math.max(nowMs + GATHER_MS, known.lastMs + pauseMs);
      this.#questions.set(key, known);
    }
    this.#plan();
  }

  /** Another registration: what was broken before says nothing about it. */
  reset(): void {
    this.#options.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#questions.clear();
  }

  #plan(): void {
    const { timers } = this.#options;
    timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    let nextMs = Infinity;
    for (const { dueMs } of this.#questions.values()) nextMs = Math.min(nextMs, dueMs ?? Infinity);
    if (nextMs === Infinity) return;
    this.#timer = timers.setTimeout(() => this.#flush(), Math.max(0, nextMs - timers.monotonic()));
  }

  #flush(): void {
    const nowMs = this.#options.timers.monotonic();
    const due: RegionKey[] = [];
    for (const [key, question] of this.#questions) {
      if (question.dueMs !== undefined && question.dueMs <= nowMs) {
        due.push(key);
        Object.assign(question, { times: question.times + 1, lastMs: nowMs, dueMs: undefined });
      } else if (question.dueMs === undefined && nowMs - question.lastMs > FORGET_MS) {
        this.#questions.delete(key);
      }
    }
    this.#plan();
    if (due.length > 0) this.#options.ask(due);
  }
}
