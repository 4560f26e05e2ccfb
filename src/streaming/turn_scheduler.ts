import type { Clock, TimerId } from "../observe/mod.ts";

/**
 * Work for all that goes before the steps of those that have some of their own, up to a turn's time: what never ends does not
 * keep them from theirs, but shares the time with them.
 */
export interface TurnLead {
  /** Whether there is none. */
  readonly isEmpty: boolean;
  /**
   * Does the next part of it; true if the event loop is to have its turn before the part after that, which goes before the
   * steps. What takes longer than until `endMs` it is to leave to steps.
   */
  run(nowMs: number, endMs: number): boolean;
}

/** Options of {@linkcode TurnScheduler}. */
export interface TurnSchedulerOptions<T> {
  readonly clock: Clock;
  /** Most milliseconds of work before the event loop has its turn. */
  readonly budgetMs: number;
  /** Work that goes before the steps of each turn; whoever adds to it is to call {@linkcode TurnScheduler.wake}. */
  readonly lead?: TurnLead;
  /**
   * Does a bounded piece of work at a monotonic time; tells whether there is more, or in how many milliseconds to look again
   * (Infinity: when it is added).
   */
  readonly step: (item: T, nowMs: number) => "done" | "more" | number;
  /** Told of an item whose step threw; it is off the list, and the others go on. */
  readonly onError: (item: T, error: unknown) => void;
}

/** Steps that have nothing left to do before the clock is asked again. */
const STEPS_A_LOOK = 4;

/**
 * Gives those that have work bounded steps in turn (round robin), at the end of the current task, for at most a
 * budget of time before the event loop runs again.
 */
export class TurnScheduler<T> {
  readonly #options: TurnSchedulerOptions<T>;
  readonly #ready = new Set<T>();
  readonly #waiting = new Map<T, TimerId>();
  #isScheduled = false;
  /** Time by which the lead has had more than the steps that waited meanwhile. */
  #ledMs = 0;

  constructor(options: TurnSchedulerOptions<T>) {
    this.#options = options;
  }

  /** Puts an item on the list of those with work; nothing happens if it is there. */
  add(item: T): void {
    if (this.#waiting.size > 0) this.#stopWaiting(item);
    this.#ready.add(item);
    this.wake();
  }

  /** Sees to it that there is a turn, at the end of the current task if no other is due. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#turn());
  }

  /** Takes an item off the list. */
  delete(item: T): void {
    this.#ready.delete(item);
    this.#stopWaiting(item);
  }

  /** Forgets all items and timers. */
  dispose(): void {
    this.#ready.clear();
    for (const timer of this.#waiting.values()) this.#options.clock.clearTimeout(timer);
    this.#waiting.clear();
  }

  #turn(): void {
    const { clock, budgetMs, lead } = this.#options;
    let nowMs = clock.monotonic();
    const end = nowMs + budgetMs;
    if (lead !== undefined && (this.#ledMs < budgetMs || this.#ready.size === 0)) {
      const startMs = nowMs;
      const isWaitedFor = this.#ready.size > 0;
      const goesOn = lead.run(nowMs, end);
      nowMs = clock.monotonic();
      if (isWaitedFor) this.#ledMs += nowMs - startMs;
      if (goesOn) return this.#goOn();
    }
    const startMs = nowMs;
    let unlooked = 0;
    // A Set hands out what is added behind the present item too: adding an item again sends it to the back.
    for (const item of this.#ready) {
      this.#ready.delete(item);
      const next = this.#step(item, nowMs);
      if (next === "more") this.#ready.add(item);
      else if (next !== "done" && next !== Infinity) this.#wait(item, next);
      // Asking the clock costs as much as a good part of sending a frame, so short steps share an answer.
      if (next === "done" && ++unlooked < STEPS_A_LOOK) continue;
      unlooked = 0;
      nowMs = clock.monotonic();
      if (nowMs >= end) break;
    }
    this.#ledMs = this.#ready.size === 0 ? 0 : Math.max(0, this.#ledMs - (nowMs - startMs));
    this.#isScheduled = this.#ready.size > 0 || lead?.isEmpty === false;
    if (this.#isScheduled) this.#goOn();
  }

  /** Has the next turn follow that of the event loop. A timer would let one or two milliseconds go by. */
  #goOn(): void {
    this.#options.clock.afterTurn(() => this.#turn());
  }

  #step(item: T, nowMs: number): "done" | "more" | number {
    try {
      return this.#options.step(item, nowMs);
    } catch (error) {
      this.#options.onError(item, error);
      return "done";
    }
  }

  #stopWaiting(item: T): void {
    const timer = this.#waiting.get(item);
    if (timer === undefined) return;
    this.#options.clock.clearTimeout(timer);
    this.#waiting.delete(item);
  }

  #wait(item: T, ms: number): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#waiting.delete(item);
      this.add(item);
    }, ms);
    this.#waiting.set(item, timer);
  }
}
