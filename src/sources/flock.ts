import type { Clock, Random, TimerId } from "../observe/mod.ts";
import { cellSize, type Vec3 } from "../space/mod.ts";
import type { EntityFields, World } from "../world/mod.ts";
import { isBusy } from "./apply_import.ts";
import { createBirds, type Flight, type FlockSpace, stepBirds } from "./boids.ts";
import { pleasantColor } from "./pleasant_color.ts";

export interface FlockOptions {
  readonly world: World;
  readonly clock: Clock;
  readonly random: Random;
  /** What the flock circles, in world units. */
  readonly center: Vec3;
  /** How far from the centre it circles, in world units. */
  readonly radius: number;
  /** Birds, 1 to 1,000; default 48. */
  readonly count?: number;
  /** Time between steps; default 100. */
  readonly intervalMs?: number;
  /** Edge of a bird in world units, from a cell to a 64th of the world; by default a 32nd of the radius. */
  readonly birdSize?: number;
  /** Told of errors other than BUSY; the flock then stops. */
  readonly onError?: (error: unknown) => void;
}

/** Birds an axis that would fill the world: what covers many cells takes long to move. */
const LARGEST_BIRD = 64;

/** Source label of the flock's entities. */
export const FLOCK_SOURCE = "flock";

/**
 * Birds that circle a centre, kept in a world as entities `flock-0`, `flock-1`, ... by one bulk op a step. The same
 * random numbers give the same flight. A step that meets BUSY moves the birds but is not written.
 */
export class Flock {
  readonly #options: FlockOptions;
  readonly #space: FlockSpace;
  readonly #birds: Flight;
  readonly #colors: readonly number[];
  readonly #size: Vec3;
  readonly #intervalMs: number;
  #timer: TimerId | undefined;
  #running = false;
  #dueMs = 0;

  /** Throws RangeError for a count, radius or interval out of range. */
  constructor(options: FlockOptions) {
    const { world, random, center, radius, count = 48, intervalMs = 100 } = options;
    if (!Number.isInteger(count) || count < 1 || count > 1000) {
      throw new RangeError(`Flock must have 1 to 1000 birds, got ${count}`);
    }
    if (!(radius > 0 && Number.isFinite(radius))) {
      throw new RangeError(`Flock radius must be above 0, got ${radius}`);
    }
    if (!(intervalMs >= 1)) throw new RangeError(`Flock interval must be at least 1 ms, got ${intervalMs}`);
    const { bounds } = world.grid;
    const largest = (bounds.max[0] - bounds.min[0]) / LARGEST_BIRD;
    const edge = Math.max(cellSize(world.grid), Math.min(largest, options.birdSize ?? radius / 32));
    this.#options = options;
    this.#size = [edge, edge, edge];
    this.#intervalMs = intervalMs;
    this.#space = { bounds, center, radius, margin: edge };
    this.#birds = createBirds(count, this.#space, random);
    this.#colors = Array.from({ length: count }, () => pleasantColor(random));
  }

  /** Entities as they are now. */
  birds(): EntityFields[] {
    const { positions } = this.#birds;
    return this.#colors.map((color, i) => ({
      id: `flock-${i}`,
      type: "bird",
      position: [positions[i * 3]!, positions[i * 3 + 1]!, positions[i * 3 + 2]!],
      size: this.#size,
      color,
    }));
  }

  /** Puts the birds into the world and lets them fly. Starting again is no error. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#dueMs = this.#options.clock.monotonic() + this.#intervalMs;
    this.#write();
    this.#schedule();
  }

  /** Lets them hang in the air. */
  stop(): void {
    this.#running = false;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One step, written to the world unless it is busy; returns whether every bird was written. */
  step(): boolean {
    stepBirds(this.#birds, this.#space, this.#intervalMs / 1000);
    return this.#write();
  }

  #write(): boolean {
    try {
      const { errors } = this.#options.world.apply({
        kind: "entities",
        source: FLOCK_SOURCE,
        put: this.birds(),
      });
      return errors.length === 0;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
  }

  /** Keeps to the beat: a late step does not push back the ones after it, and missed ones are not made up for. */
  #schedule(): void {
    if (!this.#running) return;
    const { clock } = this.#options;
    const now = clock.monotonic();
    if (this.#dueMs < now) this.#dueMs = now;
    this.#timer = clock.setTimeout(() => this.#tick(), this.#dueMs - now);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#dueMs += this.#intervalMs;
    try {
      this.step();
    } catch (error) {
      this.stop(); // A world that was deleted, most likely.
      this.#options.onError?.(error);
    }
    this.#schedule();
  }
}
