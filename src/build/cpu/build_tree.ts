import type { Samples, Tree, TreeKind } from "../../tree/mod.ts";
import { kindError } from "../job_problem.ts";
import type { BuildScratch } from "./build_scratch.ts";
import { buildEsvo } from "./esvo.ts";
import { buildEsvt } from "./esvt.ts";

/**
 * Builds the tree of one region on the calling thread; see {@linkcode buildEsvo} and {@linkcode buildEsvt}.
 *
 * @throws RangeError for a kind that is neither, or samples that no region of this depth can hold
 */
export function buildTree(kind: TreeKind, samples: Samples, depth: number, scratch?: BuildScratch): Tree {
  switch (kind) {
    case "esvo":
      return buildEsvo(samples, depth, scratch);
    case "esvt":
      return buildEsvt(samples, depth, scratch);
    default:
      throw kindError(kind);
  }
}
