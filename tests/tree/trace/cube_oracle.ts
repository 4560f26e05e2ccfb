import { CUBE_TYPE, type Hit, INSIDE_FACE, type Ray } from "../../../src/tree/mod.ts";
import type { CellSet, SceneCell } from "./scene_cells.ts";

const UNIT = 2 ** -23;

/** What a cell's interval is where the ray does not meet it. */
const NONE = Infinity;

/** What the brute force has to say about an answer. */
export interface Verdict {
  /** Undefined: the answer is right. */
  readonly problem: string | undefined;
  /** Whether no other answer would have been right. If not, the ray is in the epsilon set. */
  readonly isClear: boolean;
}

/**
 * Judges an answer by the slab test of every cell, in f64 and with the ray's true direction. `epsilon` is a length, 1 = the
 * world. A cell is surely met if the ray meets it, or something full of such cells, shrunk by epsilon on each side; it is
 * perhaps met if the ray meets it grown by that.
 *
 * A miss is right if no cell is surely met. A hit is right if the cell is perhaps met, `t` lies between the entries into the
 * grown and the shrunk cell, no cell that is surely met lies before, and the face is one where the ray could enter. The
 * epsilon set is made of the rays for which more than one answer is right.
 */
export function judge(
  { cells, full }: CellSet,
  ray: Ray,
  hit: Hit | undefined,
  epsilon: number,
): Verdict {
  let surelyAt = NONE;
  let surely: SceneCell | undefined;
  const perhaps: { readonly cell: SceneCell; readonly at: number }[] = [];
  for (const cell of cells) {
    const at = entry(cell, ray, epsilon);
    if (at !== NONE) perhaps.push({ cell, at });
  }
  for (const cell of full) {
    const sure = entry(cell, ray, -epsilon);
    if (sure < surelyAt) {
      surelyAt = sure;
      surely = cell;
    }
  }
  const right = perhaps.filter(({ at }) => at <= surelyAt);
  const isClear = surely === undefined ? perhaps.length === 0 : right.length === 1;
  if (hit === undefined) {
    return { isClear, problem: surely === undefined ? undefined : `missed ${nameOf(surely)} at ${surelyAt}` };
  }
  const met = perhaps.find(({ cell }) => cell.node === hit.node);
  return { isClear, problem: hitProblem(met, ray, hit, epsilon, surely, surelyAt) };
}

/**
 * What a ray with a cone may hit, by the definition: inner nodes that are small enough where it leaves them, and leaves.
 * Where it is open when a node is left, both the node and what is in it may be hit.
 */
export function coneCells(roots: readonly SceneCell[], ray: Ray, epsilon: number): CellSet {
  const cells: SceneCell[] = [];
  const full: SceneCell[] = [];
  const visit = (cell: SceneCell): void => {
    if (!meets(cell, ray, epsilon)) return;
    const width = cell.size * 2 ** -23;
    const isSmallAt = (t: number) => cell.isLeaf || width <= ray.coneSize + t * ray.coneSpread;
    const earliest = meets(cell, ray, -epsilon) ? exit(cell, ray, -epsilon) : ray.tMin;
    if (isSmallAt(exit(cell, ray, epsilon))) cells.push(cell);
    if (isSmallAt(earliest)) full.push(cell);
    else cell.children.forEach(visit);
  };
  roots.forEach(visit);
  return { cells, full };
}

function hitProblem(
  met: { readonly cell: SceneCell; readonly at: number } | undefined,
  ray: Ray,
  hit: Hit,
  epsilon: number,
  surely: SceneCell | undefined,
  surelyAt: number,
): string | undefined {
  if (met === undefined) return `hit node ${hit.node}, which the ray does not meet`;
  const { cell, at } = met;
  const name = nameOf(cell);
  if (at > surelyAt) return `hit ${name} at ${hit.t}, but ${nameOf(surely!)} is met at ${surelyAt}`;
  const [x, y, z] = cell.corner;
  const isSame = hit.region === cell.region && hit.level === cell.level && hit.size === cell.size &&
    hit.x === x && hit.y === y && hit.z === z && hit.type === CUBE_TYPE;
  if (!isSame) return `hit ${name}, but tells of ${JSON.stringify(hit)}`;
  // A cell that is not surely met may be entered as late as the ray is near it.
  const latest = entry(cell, ray, -epsilon);
  const end = latest === NONE ? exit(cell, ray, epsilon) : latest;
  const slack = 1e-12 * (1 + Math.abs(hit.t));
  if (!(hit.t >= at - slack && hit.t <= end + slack)) {
    return `hit ${name} at ${hit.t}, between ${at} and ${end} expected`;
  }
  if (!(hit.t >= ray.tMin && hit.t <= ray.tMax)) return `hit ${name} at ${hit.t}, which is out of bounds`;
  return faceProblem(cell, ray, hit, epsilon);
}

/** Whether the ray could come in by the hit's face. */
function faceProblem(cell: SceneCell, ray: Ray, hit: Hit, epsilon: number): string | undefined {
  const origin = [ray.ox, ray.oy, ray.oz];
  const direction = [ray.dx, ray.dy, ray.dz];
  const reach = 2 * epsilon + 1e-12;
  if (hit.face === INSIDE_FACE) {
    return hit.t === ray.tMin ? undefined : `starts inside of ${nameOf(cell)}, but at ${hit.t}`;
  }
  const axis = hit.face >> 1;
  const side = hit.face & 1;
  if (!(axis < 3)) return `face ${hit.face} of a cube`;
  const place = origin[axis]! + hit.t * direction[axis]! - 1;
  const plane = (cell.corner[axis]! + side * cell.size) * UNIT;
  // One late in a grazing way lies further along the others, so the plane alone is looked at.
  if (Math.abs(place - plane) > reach) return `face ${hit.face} of ${nameOf(cell)} is not at ${hit.t}`;
  const largest = Math.max(...direction.map(Math.abs));
  const isEntered = side === 1 ? direction[axis]! <= 0 : direction[axis]! >= 0;
  const isParallel = Math.abs(direction[axis]!) <= largest * 2 ** -23;
  return isEntered || isParallel ? undefined : `face ${hit.face} of ${nameOf(cell)} is one to leave by`;
}

/** Where the ray, between its ends, first meets a cell grown by a length; `NONE` if it does not. */
function entry({ corner: [x, y, z], size }: SceneCell, ray: Ray, grown: number): number {
  let enter = ray.tMin;
  let leave = ray.tMax;
  for (let axis = 0; axis < 3; axis++) {
    const low = (axis === 0 ? x : axis === 1 ? y : z) * UNIT - grown;
    const high = low + size * UNIT + 2 * grown;
    const origin = (axis === 0 ? ray.ox : axis === 1 ? ray.oy : ray.oz) - 1;
    const direction = axis === 0 ? ray.dx : axis === 1 ? ray.dy : ray.dz;
    if (direction === 0) {
      if (origin < low || origin > high) return NONE;
      continue;
    }
    const a = (low - origin) / direction;
    const b = (high - origin) / direction;
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
    if (enter > leave) return NONE;
  }
  return enter;
}

/** Where the ray leaves a cell that it meets. */
function exit(cell: SceneCell, ray: Ray, grown: number): number {
  let leave = Infinity;
  for (let axis = 0; axis < 3; axis++) {
    const direction = [ray.dx, ray.dy, ray.dz][axis]!;
    if (direction === 0) continue;
    const far = cell.corner[axis]! * UNIT + (direction > 0 ? cell.size * UNIT + grown : -grown);
    leave = Math.min(leave, (far + 1 - [ray.ox, ray.oy, ray.oz][axis]!) / direction);
  }
  return leave;
}

/** Whether the ray meets a cell grown by a length. */
function meets(cell: SceneCell, ray: Ray, grown: number): boolean {
  return entry(cell, ray, grown) !== NONE;
}

function nameOf({ corner, size, region, level }: SceneCell): string {
  return `cell ${corner} of ${size} units (region ${region}, level ${level})`;
}
