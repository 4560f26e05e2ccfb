import type { Samples } from "../../tree/mod.ts";
import { lengthProblem } from "../job_problem.ts";

/**
 * The samples that are voxels, those of alpha 0 being none. The very same object if all are, as from a store, which holds
 * no others.
 *
 * @throws RangeError if the samples' arrays differ in length
 */
export function visibleSamples(samples: Samples): Samples {
  const { keys, colors, materials } = samples;
  const problem = lengthProblem(samples);
  if (problem !== undefined) throw problem;
  if (isAllVisible(colors)) return samples;
  return {
    keys: keys.filter((_, i) => isVisible(colors[i]!)),
    colors: colors.filter(isVisible),
    materials: materials.filter((_, i) => isVisible(colors[i]!)),
  };
}

/** A loop, as `every` costs ten times as much on the path that all builds take. */
function isAllVisible(colors: Uint32Array): boolean {
  for (let i = 0; i < colors.length; i++) {
    if (!isVisible(colors[i]!)) return false;
  }
  return true;
}

function isVisible(color: number): boolean {
  return color >>> 24 !== 0;
}
