import type { Clock, TimerId } from "../observe/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { World } from "../world/mod.ts";

/** What has changed of a world since the last time. */
export interface WorldNewsItem {
  /** Regions with another version. */
  readonly dirty: ReadonlySet<RegionKey>;
  /** Whether some of them had never held anything. */
  readonly hasAppeared: boolean;
}

type Listener = (item: WorldNewsItem) => void;

/** Least time between two pieces of news, in milliseconds. */
const MIN_GAP_MS = 100;

/**
 * Tells of what has changed in a world: at once, but ten times a second at most, all together. However many listen, a change
 * costs O(regions that it is about).
 */
export class WorldNews {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  #unsubscribe: (() => void) | undefined;
  #dirty = new Set<RegionKey>();
  #hasAppeared = false;
  #isDue = false;
  #timer: TimerId | undefined;
  #nextMs = -Infinity;

  constructor(world: World, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
  }

  /** Tells a listener of all that changes from now on, and maybe of what did just before. Returns a function that ends it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#unsubscribe ??= this.#world.onChange(({ dirty, appeared }) => this.#changed(dirty, appeared));
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  #changed(dirty: readonly RegionKey[], appeared: readonly RegionKey[]): void {
    for (const key of dirty) this.#dirty.add(key);
    if (appeared.length > 0) this.#hasAppeared = true;
    if (this.#isDue) return;
    this.#isDue = true;
    const restMs = this.#nextMs - this.#clock.monotonic();
    // What one task changes, and the next ones until then, is told of together.
    if (restMs > 0) this.#timer = this.#clock.setTimeout(() => this.#tell(), restMs);
    else queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    // Nobody may be left by now, or somebody who came after all had gone.
    if (!this.#isDue) return;
    const item = { dirty: this.#dirty, hasAppeared: this.#hasAppeared };
    this.#forget();
    this.#nextMs = this.#clock.monotonic() + MIN_GAP_MS;
    for (const listener of this.#listeners) listener(item);
  }

  #forget(): void {
    this.#dirty = new Set();
    this.#hasAppeared = false;
    this.#isDue = false;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #rest(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#forget();
  }
}
