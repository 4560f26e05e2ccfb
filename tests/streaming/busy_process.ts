import type { Random } from "../../src/observe/mod.ts";

/** A process that shares its processor: it runs for a while, and stands still for a while, by chance. */
export class BusyProcess {
  readonly #random: Random;
  readonly #mostRunMs: number;
  readonly #mostStallMs: number;
  /** When it stood still, [from, until] each, ascending. */
  readonly #stalls: [number, number][] = [[0, 0]];
  #first = 0;

  constructor(random: Random, mostRunMs: number, mostStallMs: number) {
    this.#random = random;
    this.#mostRunMs = mostRunMs;
    this.#mostStallMs = mostStallMs;
  }

  /** When something is done that is due at a time, which is not long before any other that was asked for. */
  readonly runsAt = (atMs: number): number => {
    while (this.#stalls.at(-1)![1] <= atMs) {
      const fromMs = this.#stalls.at(-1)![1] + this.#random() * this.#mostRunMs;
      this.#stalls.push([fromMs, fromMs + this.#random() * this.#mostStallMs]);
    }
    while (this.#stalls[this.#first]![1] < atMs - 10_000) this.#first++;
    for (let i = this.#first; i < this.#stalls.length; i++) {
      const [fromMs, untilMs] = this.#stalls[i]!;
      if (atMs < untilMs) return atMs < fromMs ? atMs : untilMs;
    }
    return atMs;
  };
}
