import type { Clock, TimerId } from "../observe/mod.ts";

/** Longest time of looks in one go, in milliseconds. */
const GO_MS = 4;
/** After a go the line rests for so many times as long: all looks together take a fifth of a core at most. */
const REST = 4;

/**
 * Has looks follow each other within a part of the processor's time, however many want one: the line grows then, and each
 * comes later. There is a timer only while somebody stands in line.
 */
export class LookLine {
  readonly #clock: Clock;
  /** The first to come is the first to look. */
  readonly #line = new Set<() => void>();
  #timer: TimerId | undefined;
  #nextMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has a look follow those that stand in line, maybe at once. One that stands there already stays where it is. */
  add(look: () => void): void {
    this.#line.add(look);
    if (this.#timer !== undefined) return;
    const restMs = this.#nextMs - this.#clock.monotonic();
    if (restMs > 0) this.#goIn(restMs);
    else this.#go();
  }

  /** Takes a look out of the line. */
  delete(look: () => void): void {
    this.#line.delete(look);
    if (this.#line.size > 0 || this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #goIn(ms: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#go();
    }, ms);
  }

  #go(): void {
    const startMs = this.#clock.monotonic();
    let nowMs = startMs;
    for (const look of this.#line) {
      this.#line.delete(look);
      look();
      nowMs = this.#clock.monotonic();
      if (nowMs - startMs >= GO_MS) break;
    }
    const restMs = (nowMs - startMs) * REST;
    this.#nextMs = nowMs + restMs;
    if (this.#line.size > 0) this.#goIn(restMs);
  }
}
