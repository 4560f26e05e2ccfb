import type { Gauge, Metrics } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";

/** What a request waits for: a build that is missing, or something else than what its client holds. */
export type WaitFor = "build" | "news";

/** Part of the places for those who wait for news, who may wait for long: what is wanted now is answered all the same. */
const NEWS_SHARE = 0.75;

/** Bounds how many requests wait at a time for a region, or for a list of regions to change. */
export class WaitingPolls {
  readonly #max: number;
  readonly #gauge: Gauge<never>;
  readonly #maxNews: number;
  #count = 0;
  #newsCount = 0;

  constructor(max: number, metrics: Metrics) {
    this.#max = max;
    this.#maxNews = Math.max(1, Math.floor(max * NEWS_SHARE));
    this.#gauge = metrics.gauge("voxcast_http_waiting_polls", "Requests that wait for a region");
  }

  /**
   * Takes a place, which is given back by disposing of what is returned.
   * @throws {VoxcastError} BUSY if there is none
   */
  enter(waitFor: WaitFor): Disposable {
    const news = Number(waitFor === "news");
    if (this.#count >= this.#max || this.#newsCount + news > this.#maxNews) {
      throw new VoxcastError("BUSY", `${this.#max} requests wait for regions, and no more are taken`);
    }
    this.#gauge.set(++this.#count);
    this.#newsCount += news;
    return {
      [Symbol.dispose]: () => {
        this.#gauge.set(--this.#count);
        this.#newsCount -= news;
      },
    };
  }
}
