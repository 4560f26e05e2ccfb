import { popcount8 } from "../../tree/mod.ts";
import type { BuildScratch } from "./build_scratch.ts";
import type { TreeMasks } from "./tree_masks.ts";

/** Consecutive leaves of one material: `ends[i]` is one past the last leaf of run i. */
interface Runs {
  readonly ends: Uint32Array;
  readonly materials: Uint8Array;
}

/**
 * Fills in the materials of all inner nodes from the leaves' at the end of `materials`: the material of most leaves below,
 * the lowest of equals. Nodes and runs of equal leaves are both in key order, so a level is one walk along both: linear in
 * its nodes and the runs, of which a real surface has few.
 *
 * @param materials one entry a node, level by level; the leaves are filled in
 */
export function modeMaterials(shape: TreeMasks, materials: Uint8Array, scratch: BuildScratch): void {
  const { depth, counts, masks } = shape;
  const inner = masks.length;
  const runs = findRuns(materials.subarray(inner), scratch);
  if (runs.ends.length <= 1) {
    materials.fill(runs.materials[0] ?? 0, 0, inner);
    return;
  }
  scratch.reserveParents(counts[depth - 1]!);
  const { leafEnds, histogram } = scratch;
  let start = inner - counts[depth - 1]!;
  leafEndsOfParents(masks.subarray(start), leafEnds);
  modesOfLevel(materials.subarray(start, inner), leafEnds, runs, histogram);
  for (let level = depth - 2; level >= 0; level--) {
    const end = start;
    start -= counts[level]!;
    leafEndsOfNodes(masks.subarray(start, end), leafEnds);
    modesOfLevel(materials.subarray(start, end), leafEnds, runs, histogram);
  }
}

function findRuns(leaves: Uint8Array, scratch: BuildScratch): Runs {
  let run = 0;
  let previous = leaves[0];
  if (previous === undefined) return { ends: new Uint32Array(0), materials: leaves };
  for (let i = 1; i < leaves.length; i++) {
    const material = leaves[i]!;
    if (material === previous) continue;
    if (run + 1 >= scratch.runEnds.length) scratch.growRuns();
    scratch.runMaterials[run] = previous;
    scratch.runEnds[run++] = i;
    previous = material;
  }
  scratch.runMaterials[run] = previous;
  scratch.runEnds[run++] = leaves.length;
  return { ends: scratch.runEnds.subarray(0, run), materials: scratch.runMaterials.subarray(0, run) };
}

function leafEndsOfParents(masks: Uint8Array, leafEnds: Uint32Array): void {
  let leaf = 0;
  for (let node = 0; node < masks.length; node++) {
    leaf += popcount8(masks[node]!);
    leafEnds[node] = leaf;
  }
}

/** A node ends where its last child does; its entry takes the place of a child's already read. */
function leafEndsOfNodes(masks: Uint8Array, leafEnds: Uint32Array): void {
  let child = 0;
  for (let node = 0; node < masks.length; node++) {
    child += popcount8(masks[node]!);
    leafEnds[node] = leafEnds[child - 1]!;
  }
}

function modesOfLevel(out: Uint8Array, leafEnds: Uint32Array, runs: Runs, histogram: Uint32Array): void {
  const { ends, materials } = runs;
  let run = 0;
  let start = 0;
  for (let node = 0; node < out.length; node++) {
    const end = leafEnds[node]!;
    if (ends[run]! < end) {
      out[node] = modeOf(runs, run, start, end, histogram);
      while (ends[run]! < end) run++;
    } else {
      out[node] = materials[run]!;
    }
    if (ends[run] === end) run++;
    start = end;
  }
}

/** The mode of leaves `start` to `end - 1`, the first of them in run `run`. */
function modeOf(
  { ends, materials }: Runs,
  run: number,
  start: number,
  end: number,
  histogram: Uint32Array,
): number {
  let best = 0;
  let bestCount = 0;
  let at = start;
  let last = run;
  for (; at < end; last++) {
    const material = materials[last]!;
    const next = Math.min(ends[last]!, end);
    const count = (histogram[material]! += next - at);
    if (count > bestCount || (count === bestCount && material < best)) {
      best = material;
      bestCount = count;
    }
    at = next;
  }
  for (let i = run; i < last; i++) histogram[materials[i]!] = 0;
  return best;
}
