import { decodeLevel, MAX_TREE_DEPTH, type Samples } from "../../tree/mod.ts";
import { buildEsvo } from "../cpu/esvo.ts";
import { kindError, lengthProblem } from "../job_problem.ts";
import { type BatchJob, LEAST_GPU_DEPTH } from "./batch_job.ts";

/** Why a job cannot be built whatever its keys; undefined if it can. */
export function jobProblem({ kind, depth, samples }: BatchJob): RangeError | undefined {
  if (kind !== "esvo" && kind !== "esvt") return kindError(kind);
  if (!Number.isInteger(depth) || depth < LEAST_GPU_DEPTH || depth > MAX_TREE_DEPTH) {
    return new RangeError(
      `Cannot build a region of depth ${depth} on the GPU, expected a whole number from ${LEAST_GPU_DEPTH} to ` +
        `${MAX_TREE_DEPTH}`,
    );
  }
  return lengthProblem(samples);
}

/**
 * The same voxels, each once and none transparent: what the device is spared when a region holds transparent samples or
 * very many of one cell.
 */
export function mergedSamples({ depth, samples }: BatchJob): Samples {
  return decodeLevel(buildEsvo(samples, depth), 0);
}
