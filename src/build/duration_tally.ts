/** Mean and longest of many durations in milliseconds. */
export class DurationTally {
  readonly #onNote: (ms: number) => void;
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** @param onNote told of each duration, for those who want their distribution */
  constructor(onNote: ((ms: number) => void) | undefined) {
    this.#onNote = onNote ?? (() => {});
  }

  /** Takes one duration in. */
  note(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
    this.#onNote(ms);
  }

  /** Mean of all so far; 0 before the first. */
  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  /** The longest so far; 0 before the first. */
  get maxMs(): number {
    return this.#maxMs;
  }
}
