/**
 * By how much a number has grown, over all and since any time: a stack of the values that nothing later fell below.
 * Values within a step of each other count as one, so it has at most growth / step + 1 entries.
 */
export class GrowthRecord {
  readonly #stepSize: number;
  /** Times and values both rise; `untilMs` is when the value was seen last. */
  readonly #levels: { untilMs: number; readonly value: number }[] = [];
  #last = 0;

  /** @param stepSize least growth that is told apart */
  constructor(stepSize: number) {
    this.#stepSize = stepSize;
  }

  /** The value added last. */
  get last(): number {
    return this.#last;
  }

  /** The value that growth is counted from. */
  get floor(): number {
    return this.#levels[0]?.value ?? this.#last;
  }

  /** Growth since the least value. */
  get total(): number {
    return this.#last - this.floor;
  }

  /** Adds a value. Amortised O(1). */
  add(atMs: number, value: number): void {
    while (this.#levels.length > 0 && this.#levels.at(-1)!.value >= value) this.#levels.pop();
    const top = this.#levels.at(-1);
    if (top !== undefined && value <= top.value + this.#stepSize) top.untilMs = atMs;
    else this.#levels.push({ untilMs: atMs, value });
    this.#last = value;
  }

  /** Growth since the least value seen at `atMs` or later, to within a step. O(log entries). */
  since(atMs: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#levels[middle]!.untilMs >= atMs) high = middle;
      else low = middle + 1;
    }
    const level = this.#levels[low];
    return level === undefined ? 0 : this.#last - level.value;
  }

  /** Counts growth from the last value on. */
  forget(): void {
    const untilMs = this.#levels.at(-1)?.untilMs;
    this.#levels.length = 0;
    if (untilMs !== undefined) this.#levels.push({ untilMs, value: this.#last });
  }
}
