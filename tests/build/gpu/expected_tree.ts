import { buildEsvo } from "../../../src/build/cpu/esvo.ts";
import { buildEsvt } from "../../../src/build/cpu/esvt.ts";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import type { Tree } from "../../../src/tree/mod.ts";

/** The tree that the CPU builds of a job. */
export function expectedTree({ kind, depth, samples }: BatchJob): Tree {
  return kind === "esvo" ? buildEsvo(samples, depth) : buildEsvt(samples, depth);
}
