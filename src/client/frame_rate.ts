/** A gap between two drawings that is a rest, not a slow frame. */
const REST_MS = 1500;
const FRAMES = 30;

/** Frames a second while the picture changes; the page draws nothing while it does not. */
export class FrameRate {
  readonly #intervals: number[] = [];
  #lastMs = -Infinity;

  /** One frame was drawn. `wasBusy` says that the one before was followed by this one without a pause. */
  drawn(nowMs: number, wasBusy: boolean): void {
    const gapMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (!wasBusy || gapMs > REST_MS) return;
    this.#intervals.push(gapMs);
    if (this.#intervals.length > FRAMES) this.#intervals.shift();
  }

  /** Frames a second over the last frames of motion; 0 before there were any. */
  get perSecond(): number {
    const sum = this.#intervals.reduce((total, interval) => total + interval, 0);
    return sum > 0 ? (this.#intervals.length * 1000) / sum : 0;
  }
}
