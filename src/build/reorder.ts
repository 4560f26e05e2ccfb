import type { Clock } from "../observe/mod.ts";
import type { BuildHooks } from "./built_region.ts";
import { urgencyOf } from "./interest.ts";
import type { BuildQueue } from "./queue.ts";
import type { WatchedWorld } from "./watched_world.ts";

/** Options of {@linkcode Reorder}. */
export interface ReorderOptions {
  readonly clock: Clock;
  readonly queue: BuildQueue;
  readonly hooks: Pick<BuildHooks, "interestIn">;
  /** All watched worlds. */
  readonly worlds: () => Iterable<WatchedWorld>;
}

/** Waiting regions whose urgency is looked up in one go, and the least time between two goes. */
const STEP = 64;
const INTERVAL_MS = 5;

/**
 * Takes over how large waiting regions are now, some of them at a time: each is a question to all clients, and many move
 * at once.
 */
export class Reorder {
  readonly #options: ReorderOptions;
  #nextMs = -Infinity;

  constructor(options: ReorderOptions) {
    this.#options = options;
  }

  /** Looks at some of what has moved, unless that was done just now. */
  run(): void {
    const { clock, hooks, queue, worlds } = this.#options;
    const nowMs = clock.monotonic();
    if (nowMs < this.#nextMs) return;
    let left = STEP;
    for (const { world, moved } of worlds()) {
      for (const key of moved) {
        moved.delete(key);
        if (!queue.has(world, key)) continue;
        queue.reprioritise(world, key, urgencyOf(hooks.interestIn(world, key)));
        this.#nextMs = nowMs + INTERVAL_MS;
        if (--left === 0) return;
      }
    }
  }
}
