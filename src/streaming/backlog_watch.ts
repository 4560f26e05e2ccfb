/** What a client that falls behind is to be told, or `close` when it takes nothing at all any more. */
export type BacklogNews = "held" | "released" | "close" | undefined;

export interface BacklogLimits {
  /** A client that is owed frames for so long without a break is told. */
  readonly backpressureAfterMs: number;
  /** One that is owed frames and takes nothing for so long is closed. */
  readonly slowConsumerTimeoutMs: number;
}

/** Looks at how long one client is behind, by the clock of whoever calls. */
export class BacklogWatch {
  #behindSinceMs: number | undefined;
  #progressAtMs = 0;
  #isTold = false;

  /** Whether the client was told that it is behind and not yet that it has caught up. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** Something was handed over. */
  progress(nowMs: number): void {
    this.#progressAtMs = nowMs;
  }

  /** Nothing is owed, for the moment. */
  caughtUp(): void {
    this.#behindSinceMs = undefined;
  }

  /** Something is owed and cannot be sent now. */
  behind(nowMs: number): void {
    if (this.#behindSinceMs !== undefined) return;
    this.#behindSinceMs = nowMs;
    this.#progressAtMs = nowMs;
  }

  /** Milliseconds until the client is closed if it goes on taking nothing; undefined while nothing is owed. */
  leftMs(nowMs: number, limits: BacklogLimits): number | undefined {
    if (this.#behindSinceMs === undefined) return undefined;
    return Math.max(0, Math.ceil(this.#progressAtMs + limits.slowConsumerTimeoutMs - nowMs));
  }

  /** What is news since the last look. */
  look(nowMs: number, limits: BacklogLimits): BacklogNews {
    if (this.#behindSinceMs === undefined) {
      if (!this.#isTold) return undefined;
      this.#isTold = false;
      return "released";
    }
    if (this.leftMs(nowMs, limits) === 0) return "close";
    if (this.#isTold || nowMs - this.#behindSinceMs < limits.backpressureAfterMs) return undefined;
    this.#isTold = true;
    return "held";
  }
}
