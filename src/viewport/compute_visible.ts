import type { Grid } from "../space/mod.ts";
import { Culler } from "./cull.ts";
import { dependsOnPrevious, lodForDistance, type LodRule } from "./lod.ts";
import type { RegionPyramid } from "./region_pyramid.ts";
import type { Viewport } from "./viewport.ts";
import type { VisibleSet } from "./visible_set.ts";

const BUCKETS = 1024;

/** Working memory that all calls share: calls never overlap, and only the results belong to a client. */
const culler = new Culler();
const starts = new Uint32Array(BUCKETS);
let ranks = new Float64Array(0);
let lods = new Uint8Array(0);

/**
 * What a camera sees of a world: the occupied regions that touch its frustum, each with its level of detail from
 * the distance between eye and region centre, the centre of the view and the near first.
 *
 * The order is a counting sort into 1,024 buckets over distance * (2 - cos), cos being that of the angle off the
 * view direction: a region on the axis counts with its distance, one at the side with twice, one behind with
 * three times. Time is linear in the regions seen and the nodes on the frustum's faces; a warm call allocates
 * nothing.
 * @param view a camera for which `viewportProblem` finds nothing
 * @param pyramid the occupied regions, of the grid's level
 * @param out receives the result; grows when it must
 * @param previousLod the LOD that the client has of a region, by Morton code, or -1: for hysteresis; must not
 * itself compute what is visible
 * @param maxRegions most regions in the result: the last in its order are left out
 * @returns `out`
 * @throws {RangeError} if the pyramid is of another level than the grid, or the view is degenerate
 */
export function computeVisible(
  view: Viewport,
  grid: Grid,
  pyramid: RegionPyramid,
  rule: LodRule,
  out: VisibleSet,
  previousLod?: (morton: number) => number,
  maxRegions = Infinity,
): VisibleSet {
  if (pyramid.level !== grid.level) {
    throw new RangeError(`Region pyramid is of level ${pyramid.level}, the grid of level ${grid.level}`);
  }
  const found = culler.cull(view, grid, pyramid);
  out.reset(Math.min(found, maxRegions));
  out.leftOut = Math.max(0, found - maxRegions);
  if (found === 0) return out;
  if (found > ranks.length) {
    ranks = new Float64Array(culler.codes.length);
    lods = new Uint8Array(culler.codes.length);
  }
  rankAndRate(view, grid, rule, found, previousLod);
  countingSort(found, out);
  return out;
}

/** Fills `ranks` and `lods` for the regions that the culler found. */
function rankAndRate(
  view: Viewport,
  grid: Grid,
  rule: LodRule,
  found: number,
  previousLod: ((morton: number) => number) | undefined,
): void {
  const { min, max } = grid.bounds;
  const { eye, lookAt } = view;
  const n = 1 << grid.level;
  const edgeX = (max[0] - min[0]) / n;
  const edgeY = (max[1] - min[1]) / n;
  const edgeZ = (max[2] - min[2]) / n;
  // From the eye to the centre of region (0, 0, 0).
  const originX = min[0] + edgeX / 2 - eye[0];
  const originY = min[1] + edgeY / 2 - eye[1];
  const originZ = min[2] + edgeZ / 2 - eye[2];
  const fx = lookAt[0] - eye[0];
  const fy = lookAt[1] - eye[1];
  const fz = lookAt[2] - eye[2];
  const forward = 1 / Math.sqrt(fx * fx + fy * fy + fz * fz);
  const { codes, cells } = culler;
  for (let i = 0; i < found; i++) {
    const cell = cells[i]!;
    const dx = originX + (cell & 0xff) * edgeX;
    const dy = originY + ((cell >> 8) & 0xff) * edgeY;
    const dz = originZ + (cell >> 16) * edgeZ;
    const distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
    // distance * (2 - cos), since distance * cos is the way along the view direction.
    ranks[i] = 2 * distance - (dx * fx + dy * fy + dz * fz) * forward;
    // Most regions are so far from all thresholds that what they had makes no difference: it need not be looked up.
    const isOpen = previousLod !== undefined && dependsOnPrevious(distance, rule);
    lods[i] = lodForDistance(distance, rule, isOpen ? previousLod(codes[i]!) : -1);
  }
}

/** Moves the regions found into `out`, lowest rank first, equal buckets in the order found. */
function countingSort(found: number, out: VisibleSet): void {
  const { codes } = culler;
  const { keys: outKeys, lods: outLods } = out;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < found; i++) {
    const rank = ranks[i]!;
    if (rank < least) least = rank;
    if (rank > most) most = rank;
  }
  const scale = most > least ? (BUCKETS - 1) / (most - least) : 0;
  starts.fill(0);
  for (let i = 0; i < found; i++) starts[((ranks[i]! - least) * scale) | 0]!++;
  let start = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const size = starts[bucket]!;
    starts[bucket] = start;
    start += size;
  }
  const count = found - out.leftOut;
  for (let i = 0; i < found; i++) {
    const at = starts[((ranks[i]! - least) * scale) | 0]!++;
    if (at >= count) continue;
    outKeys[at] = codes[i]!;
    outLods[at] = lods[i]!;
  }
  out.count = count;
}
