import type { Clock } from "../observe/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { World, Worlds } from "../world/mod.ts";

/** Whom {@linkcode ListNews} listens to, and how long. */
export interface ListNewsOptions {
  readonly world: World;
  readonly worlds: Worlds;
  readonly clock: Clock;
  readonly waitMs: number;
  /** The asker is gone when it aborts. */
  readonly signal: AbortSignal;
}

/** Least time between two pieces of news: for each a view is computed, whether it shows what has changed or not. */
const MIN_GAP_MS = 100;

/** Tells of changes of a world that may change what a camera sees of it, from when it is made until its time is over. */
export class ListNews implements Disposable {
  readonly #clock: Clock;
  readonly #ends: (() => void)[];
  /** What the asker sees; undefined as long as nobody knows. */
  #keys: ReadonlySet<RegionKey> | undefined;
  #hasNews = false;
  #isOver = false;
  #nextMs = -Infinity;
  #wake: (() => void) | undefined;

  constructor({ world, worlds, clock, waitMs, signal }: ListNewsOptions) {
    this.#clock = clock;
    const end = (): void => {
      this.#isOver = true;
      this.#wake?.();
    };
    const timer = clock.setTimeout(end, waitMs);
    signal.addEventListener("abort", end);
    this.#isOver = signal.aborted;
    this.#ends = [
      () => clock.clearTimeout(timer),
      () => signal.removeEventListener("abort", end),
      worlds.onDelete((gone) => gone === world && end()),
      world.onChange(({ dirty, appeared }) => {
        const keys = this.#keys;
        if (keys !== undefined && appeared.length === 0 && !dirty.some((key) => keys.has(key))) return;
        this.#hasNews = true;
        this.#wake?.();
      }),
    ];
  }

  /** Waits for what may concern somebody who sees these regions; false if nothing came in time. */
  async next(keys: ReadonlySet<RegionKey>): Promise<boolean> {
    this.#keys = keys;
    await this.#until(() => this.#hasNews);
    const restMs = this.#nextMs - this.#clock.monotonic();
    if (restMs > 0 && !this.#isOver) await this.#rest(restMs);
    this.#nextMs = this.#clock.monotonic() + MIN_GAP_MS;
    this.#hasNews = false;
    return !this.#isOver;
  }

  /** Listens no more. */
  [Symbol.dispose](): void {
    for (const end of this.#ends) end();
  }

  async #rest(ms: number): Promise<void> {
    let isRested = false;
    const timer = this.#clock.setTimeout(() => {
      isRested = true;
      this.#wake?.();
    }, ms);
    await this.#until(() => isRested);
    this.#clock.clearTimeout(timer);
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone() && !this.#isOver) await new Promise<void>((resolve) => this.#wake = resolve);
  }
}
