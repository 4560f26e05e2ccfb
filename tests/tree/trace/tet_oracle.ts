import { FACE_NORMALS, type Hit, INSIDE_FACE, Ray } from "../../../src/tree/mod.ts";
import type { Verdict } from "./cube_oracle.ts";
import type { TetCell } from "./tet_cells.ts";

/** What a ray does with a cell: the part of it, between its ends, that lies in there; from Infinity if there is none. */
interface Stay {
  readonly from: number;
  readonly to: number;
}

/** What a ray may hit. */
export interface TetSet {
  /** Cells that it may hit. */
  readonly cells: readonly TetCell[];
  /** Cells that it cannot get through, as all in them is hit: a ray in a seam between two cells must not get by both. */
  readonly full: readonly TetCell[];
}

/** What a ray without a cone may hit: the leaves below cells. */
export function exactTets(roots: readonly TetCell[]): TetSet {
  const cells: TetCell[] = [];
  const full: TetCell[] = [];
  const visit = (cell: TetCell, isInFull: boolean): void => {
    if (cell.isLeaf) cells.push(cell);
    if (cell.isFull && !isInFull) full.push(cell);
    cell.children.forEach((child) => visit(child, cell.isFull));
  };
  roots.forEach((root) => visit(root, false));
  return { cells, full };
}

/**
 * What a ray with a cone may hit, by the definition: leaves, and inner nodes that are no wider than the cone where the ray
 * leaves them. Where rounding decides that, both a node and what is in it may be hit.
 */
export function coneTets(roots: readonly TetCell[], ray: Ray, epsilon: number): TetSet {
  const cells: TetCell[] = [];
  const full: TetCell[] = [];
  const line = Object.assign(new Ray(), ray, { tMin: -Infinity, tMax: Infinity });
  const visit = (cell: TetCell): void => {
    if (stayIn(cell, ray, epsilon).from === Infinity) return;
    const width = cell.size * 2 ** -23;
    const isSmallAt = (t: number) => cell.isLeaf || width <= ray.coneSize + t * ray.coneSpread;
    const surely = stayIn(cell, line, -epsilon).to;
    if (isSmallAt(stayIn(cell, line, epsilon).to)) cells.push(cell);
    if (isSmallAt(surely === -Infinity ? ray.tMin : surely)) full.push(cell);
    else cell.children.forEach(visit);
  };
  roots.forEach(visit);
  return { cells, full };
}

/**
 * Judges an answer by clipping the ray, with its true direction and in f64, against the half-spaces of every cell.
 * `epsilon` is a length, 1 = the world. A cell is surely met if the ray meets it with all its faces moved inwards by that,
 * and perhaps met with all of them moved outwards.
 *
 * A miss is right if no cell is surely met. A hit is right if its cell is perhaps met, at that `t`, no cell is surely met
 * before, and the ray comes in by its face. The epsilon set are the rays for which more than one answer is right.
 */
export function judgeTets(
  { cells, full }: TetSet,
  ray: Ray,
  hit: Hit | undefined,
  epsilon: number,
): Verdict {
  let surely: TetCell | undefined;
  let surelyAt = Infinity;
  const perhaps: { readonly cell: TetCell; readonly stay: Stay }[] = [];
  for (const cell of cells) {
    const stay = stayIn(cell, ray, epsilon);
    if (stay.from !== Infinity) perhaps.push({ cell, stay });
  }
  for (const cell of full) {
    const { from } = stayIn(cell, ray, -epsilon);
    if (from < surelyAt) {
      surely = cell;
      surelyAt = from;
    }
  }
  const first = perhaps.filter(({ stay }) => stay.from <= surelyAt);
  const isClear = surely === undefined ? first.length === 0 : first.length === 1;
  if (hit === undefined) {
    return { isClear, problem: surely && `missed ${nameOf(surely)} at ${surelyAt}` };
  }
  const met = perhaps.find(({ cell }) => cell.node === hit.node);
  if (met === undefined) {
    return { isClear, problem: `hit ${JSON.stringify(hit)}, which the ray does not meet` };
  }
  const latest = Math.min(surelyAt, met.stay.to);
  return { isClear, problem: hitProblem(met.cell, met.stay.from, latest, ray, hit, epsilon) };
}

/** The part of a ray that lies in a cell with all faces moved outwards by a length. */
export function stayIn({ sides }: TetCell, ray: Ray, grown: number): Stay {
  let from = ray.tMin;
  let to = ray.tMax;
  for (const { normal: [x, y, z], least, length } of sides) {
    const slope = x * ray.dx + y * ray.dy + z * ray.dz;
    const over = x * (ray.ox - 1) + y * (ray.oy - 1) + z * (ray.oz - 1) - least + grown * length;
    if (slope > 0) from = Math.max(from, -over / slope);
    else if (slope < 0) to = Math.min(to, -over / slope);
    else if (over < 0) return { from: Infinity, to: -Infinity };
    if (from > to) return { from: Infinity, to: -Infinity };
  }
  return { from, to };
}

function hitProblem(
  cell: TetCell,
  earliest: number,
  latest: number,
  ray: Ray,
  hit: Hit,
  epsilon: number,
): string | undefined {
  const name = nameOf(cell);
  const isSame = hit.region === cell.region && hit.level === cell.level && hit.size === cell.size &&
    hit.type === cell.type && `${[hit.x, hit.y, hit.z]}` === `${cell.corner}`;
  if (!isSame) return `hit ${name}, but tells of ${JSON.stringify(hit)}`;
  const slack = 1e-12 * (1 + Math.abs(hit.t));
  if (!(hit.t >= earliest - slack && hit.t <= latest + slack)) {
    return `hit ${name} at ${hit.t}, between ${earliest} and ${latest} expected`;
  }
  if (!(hit.t >= ray.tMin && hit.t <= ray.tMax)) return `hit ${name} at ${hit.t}, which is out of bounds`;
  if (hit.face === INSIDE_FACE) {
    return hit.t === ray.tMin ? undefined : `hit ${name} from inside, but at ${hit.t}`;
  }
  const [x, y, z] = FACE_NORMALS.subarray(3 * hit.face, 3 * hit.face + 3) as unknown as [
    number,
    number,
    number,
  ];
  const face = cell.sides.find(({ normal, length }) => {
    return Math.hypot(normal[0] + x * length, normal[1] + y * length, normal[2] + z * length) < 1e-9;
  });
  if (face === undefined) return `hit ${name} by face ${hit.face}, which it does not have`;
  const largest = Math.max(Math.abs(ray.dx), Math.abs(ray.dy), Math.abs(ray.dz));
  if (x * ray.dx + y * ray.dy + z * ray.dz > 2 ** -19 * largest) {
    return `hit ${name} by ${hit.face}, a face to leave by`;
  }
  const [px, py, pz] = [ray.ox + hit.t * ray.dx, ray.oy + hit.t * ray.dy, ray.oz + hit.t * ray.dz];
  const { normal, least, length } = face;
  const distance = (normal[0] * (px - 1) + normal[1] * (py - 1) + normal[2] * (pz - 1) - least) / length;
  // Where a ray only touches the cell, the face may be crossed as much before or after as the ray is near it.
  return Math.abs(distance) <= 4 * epsilon + 1e-12
    ? undefined
    : `face ${hit.face} of ${name} is not at ${hit.t}`;
}

function nameOf({ corner, size, type, region, level }: TetCell): string {
  return `tet ${type} in ${corner} of ${size} units (region ${region}, level ${level})`;
}

/** Whether the traversal replaces a component of the direction, or a difference of two. */
export function isTetBent({ dx, dy, dz }: Ray): boolean {
  const largest = Math.max(Math.abs(dx), Math.abs(dy), Math.abs(dz));
  const isSmall = (value: number, least: number) => Math.abs(value) < largest * least;
  return [dx, dy, dz].some((d) => isSmall(d, 2 ** -23)) ||
    [dx - dy, dy - dz, dx - dz].some((d) => isSmall(d, 2 ** -20));
}
