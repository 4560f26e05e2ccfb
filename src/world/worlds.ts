import { type Bounds, createGrid, type Grid } from "../space/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { Clock, Random } from "../observe/mod.ts";
import { MemoryBudget, type WorldLimits } from "./limits.ts";
import { World } from "./world.ts";
import { Workspace } from "./workspace.ts";

/** How a world is cut and shown unless its creator says otherwise. */
export interface WorldDefaults {
  readonly bounds: Bounds;
  readonly level: number;
  readonly depth: number;
  /** Kind of tree for clients that ask for none. */
  readonly kind: TreeKind;
}

export interface WorldsOptions {
  readonly limits: WorldLimits;
  readonly clock: Clock;
  /** Where epochs come from. */
  readonly random: Random;
  readonly defaults: WorldDefaults;
  /** Told what a listener of worlds or of a world threw. */
  readonly onListenerError?: (error: unknown) => void;
}

const WORLD_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** The worlds of a server, which share a limit of memory. */
export class Worlds {
  readonly #options: WorldsOptions;
  readonly #budget: MemoryBudget;
  readonly #workspace = new Workspace();
  readonly #worlds = new Map<string, World>();
  readonly #onCreate = new Set<(world: World) => void>();
  readonly #onDelete = new Set<(world: World) => void>();

  constructor(options: WorldsOptions) {
    this.#options = options;
    this.#budget = new MemoryBudget(options.limits.maxVoxelBytesTotal);
  }

  get count(): number {
    return this.#worlds.size;
  }

  /** Memory of all worlds' voxels and of what entities cover. */
  get voxelBytes(): number {
    return this.#budget.bytes;
  }

  /**
   * Creates a world with a new epoch.
   * @throws {VoxcastError} INVALID_FIELD for an id or grid out of its rules, WORLD_EXISTS, WORLD_LIMIT
   */
  create(id: string, options: Partial<WorldDefaults> = {}): World {
    if (!isWorldId(id)) {
      throw new VoxcastError(
        "INVALID_FIELD",
        "World id must be 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit",
      );
    }
    if (this.#worlds.has(id)) throw new VoxcastError("WORLD_EXISTS", `There is a world ${id} already`);
    const { limits, clock, random, onListenerError } = this.#options;
    const grid = this.#createGrid(options);
    if (this.#worlds.size >= limits.maxWorlds) {
      throw new VoxcastError(
        "WORLD_LIMIT",
        `There are ${this.#worlds.size} worlds, limit is ${limits.maxWorlds}`,
      );
    }
    const world = new World({
      id,
      grid,
      kind: options.kind ?? this.#options.defaults.kind,
      epoch: newEpoch(random),
      limits,
      budget: this.#budget,
      workspace: this.#workspace,
      createdMs: clock.now(),
      ...(onListenerError === undefined ? {} : { onListenerError }),
    });
    this.#worlds.set(id, world);
    for (const listener of [...this.#onCreate]) listener(world);
    return world;
  }

  get(id: string): World | undefined {
    return this.#worlds.get(id);
  }

  /** All worlds, oldest first. */
  list(): World[] {
    return [...this.#worlds.values()];
  }

  /** Deletes a world: listeners are told while it can still be read, then its memory is given back. */
  delete(id: string): boolean {
    const world = this.#worlds.get(id);
    if (world === undefined) return false;
    this.#worlds.delete(id);
    try {
      for (const listener of [...this.#onDelete]) listener(world);
    } finally {
      world.dispose();
    }
    return true;
  }

  /** Calls the listener with each new world. Returns a function that ends it. */
  onCreate(listener: (world: World) => void): () => void {
    this.#onCreate.add(listener);
    return () => void this.#onCreate.delete(listener);
  }

  /** Calls the listener with each world that is deleted. Returns a function that ends it. */
  onDelete(listener: (world: World) => void): () => void {
    this.#onDelete.add(listener);
    return () => void this.#onDelete.delete(listener);
  }

  /** Deletes all worlds. */
  dispose(): void {
    for (const id of [...this.#worlds.keys()]) this.delete(id);
  }

  #createGrid(options: Partial<WorldDefaults>): Grid {
    const { bounds, level, depth } = this.#options.defaults;
    try {
      return createGrid(options.bounds ?? bounds, options.level ?? level, options.depth ?? depth);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new VoxcastError("INVALID_FIELD", error.message, { cause: error });
    }
  }
}

/** Whether a text may name a world: 1 to 64 of `a-z 0-9 . _ -`, starting with a letter or digit. */
export function isWorldId(id: string): boolean {
  return typeof id === "string" && WORLD_ID.test(id);
}

function newEpoch(random: Random): number {
  return 1 + Math.floor(random() * 0xffffffff);
}
