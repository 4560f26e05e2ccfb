import { FrameRate } from "./frame_rate.ts";

/** What a frame of the page consists of. */
export interface RenderLoopOptions {
  /** Moves what moves by itself; `elapsedMs` since the last call, at most a tenth of a second. */
  readonly step: (elapsedMs: number) => void;
  /** Whether the picture on the screen is out of date. */
  readonly isStale: () => boolean;
  readonly draw: () => void;
}

/** Draws when the picture is out of date, and only then: a page that shows a still world leaves the machine in peace. */
export class RenderLoop {
  readonly rate = new FrameRate();
  #drawn = 0;
  #isMoving = false;

  constructor(options: RenderLoopOptions) {
    let lastMs = performance.now();
    const tick = (nowMs: number) => {
      options.step(Math.max(0, Math.min(100, nowMs - lastMs)));
      lastMs = nowMs;
      const isStale = options.isStale();
      if (isStale) {
        options.draw();
        this.#drawn++;
        this.rate.drawn(nowMs, this.#isMoving);
      }
      this.#isMoving = isStale;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** Frames drawn since the page was opened. */
  get drawn(): number {
    return this.#drawn;
  }

  /** Whether the last turn had something to draw. */
  get isMoving(): boolean {
    return this.#isMoving;
  }
}
