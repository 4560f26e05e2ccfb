/** Times over the newest messages; 0 where there are none. */
export interface LatencySummary {
  readonly samples: number;
  readonly avgMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** The newest times of something, in a ring; adding one is a store, everything else is computed when it is asked for. */
export class LatencyWindow {
  readonly #times: Float64Array;
  #next = 0;
  #count = 0;

  /** @param samples newest times that count, from 1 */
  constructor(samples: number) {
    this.#times = new Float64Array(samples);
  }

  /** Notes a time in milliseconds. */
  add(ms: number): void {
    this.#times[this.#next] = ms;
    if (++this.#next === this.#times.length) this.#next = 0;
    if (this.#count < this.#times.length) this.#count++;
  }

  /** Mean, and the times that 50 and 99 of 100 messages did not exceed (nearest rank). O(n log n). */
  summary(): LatencySummary {
    const samples = this.#count;
    if (samples === 0) return { samples, avgMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };
    const sorted = this.#times.slice(0, samples).sort();
    const rank = (share: number) => sorted[Math.ceil(share * samples) - 1]!;
    const sum = sorted.reduce((total, ms) => total + ms, 0);
    return {
      samples,
      avgMs: sum / samples,
      p50Ms: rank(0.5),
      p99Ms: rank(0.99),
      maxMs: sorted[samples - 1]!,
    };
  }
}
