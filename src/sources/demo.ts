import type { Clock, Random } from "../observe/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import type { World } from "../world/mod.ts";
import { applyImport } from "./apply_import.ts";
import { Flock } from "./flock.ts";
import { importFile } from "./importer.ts";
import type { ImportLimits } from "./import_limits.ts";

/** What the demo scene is set up with. */
export interface DemoOptions {
  readonly world: World;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: ImportLimits;
  /** Aborting gives the scene up and leaves the world as it was. */
  readonly signal?: AbortSignal;
  /** Told of what stops the flock later. */
  readonly onError?: (error: unknown) => void;
}

/** A tree of 428,739 coloured voxels, from the MIT-licensed package vox-reader. */
const TREE = "vox-reader/test/tree.vox";

/** Imports the tree into the world as any file is imported, and lets a flock circle its crown. Answers the flock. */
export async function startDemo(options: DemoOptions): Promise<Flock> {
  const { world, clock, random, limits, signal, onError } = options;
  const bytes = await Deno.readFile(new URL(import.meta.resolve(TREE)));
  const result = await importFile(bytes, {
    grid: world.grid,
    limits,
    ...(signal === undefined ? {} : { signal }),
  });
  await applyImport(world, result, { clock, ...(signal === undefined ? {} : { signal }) });
  const { center, radius } = crown(world);
  const flock = new Flock({
    world,
    clock,
    random,
    center,
    radius,
    ...(onError === undefined ? {} : { onError }),
  });
  flock.start();
  return flock;
}

/** The upper part of what stands in the world: where birds would be. */
function crown(world: World): { readonly center: Vec3; readonly radius: number } {
  const { min, max } = world.contentBounds() ?? world.grid.bounds;
  const width = Math.max(max[0] - min[0], max[2] - min[2]);
  return {
    center: [(min[0] + max[0]) / 2, min[1] + (max[1] - min[1]) * 0.8, (min[2] + max[2]) / 2],
    radius: width * 0.5,
  };
}
