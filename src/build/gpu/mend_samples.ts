import { decodeLevel, type Samples } from "../../tree/mod.ts";
import { buildEsvo } from "../cpu/esvo.ts";
import type { BatchJob } from "./batch_job.ts";

/** The first key that no region of this depth has, in words; undefined if there is none. */
export function keyProblem({ depth, samples }: BatchJob): RangeError | undefined {
  const limit = 8 ** depth;
  const index = samples.keys.findIndex((key) => key >= limit);
  if (index < 0) return undefined;
  return new RangeError(
    `Cannot build a region of depth ${depth}: key ${
      samples.keys[index]
    } of sample ${index} is not below ${limit}`,
  );
}

/** Why a job cannot be built whatever its keys; undefined if it can. */
export function jobProblem({ kind, depth, samples }: BatchJob): RangeError | undefined {
  const { keys, colors, materials } = samples;
  if (kind !== "esvo" && kind !== "esvt") {
    return new RangeError(`Cannot build a tree of kind ${kind}, expected esvo or esvt`);
  }
  if (!Number.isInteger(depth) || depth < 3 || depth > 8) {
    return new RangeError(
      `Cannot build a region of depth ${depth} on the GPU, expected a whole number from 3 to 8`,
    );
  }
  if (colors.length !== keys.length || materials.length !== keys.length) {
    return new RangeError(
      `Samples need as many colours and materials as keys: ${keys.length} keys, ${colors.length} colours, ` +
        `${materials.length} materials`,
    );
  }
  return undefined;
}

/**
 * The same voxels, each once and none transparent: what the device is spared when a region holds transparent samples or
 * very many of one cell.
 */
export function mergedSamples({ depth, samples }: BatchJob): Samples {
  return decodeLevel(buildEsvo(samples, depth), 0);
}
