import type { Gauge, Metrics } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";

/** Bounds how many requests wait at a time for a region. */
export class WaitingPolls {
  readonly #max: number;
  readonly #gauge: Gauge<never>;
  #count = 0;

  constructor(max: number, metrics: Metrics) {
    this.#max = max;
    this.#gauge = metrics.gauge("voxcast_http_waiting_polls", "Requests that wait for a region");
  }

  /**
   * Takes a place, which is given back by disposing of what is returned.
   * @throws {VoxcastError} BUSY if there is none
   */
  enter(): Disposable {
    if (this.#count >= this.#max) {
      throw new VoxcastError("BUSY", `${this.#max} requests wait for regions, and no more are taken`);
    }
    this.#gauge.set(++this.#count);
    return { [Symbol.dispose]: () => this.#gauge.set(--this.#count) };
  }
}
