import type { Random } from "../../../src/observe/mod.ts";
import { Ray } from "../../../src/tree/mod.ts";

type Triple = [number, number, number];

const UNIT = 2 ** -23;

/** What rays are tried, each made for the corners of cells of a world. */
export const RAY_FAMILIES = {
  "random, from outside": (random: Random) => {
    const target = inside(random);
    const origin = outside(random);
    return aimed(origin, target);
  },
  "random, from inside": (random: Random) => ray(inside(random), unit(random)),
  "along an axis": (random: Random) => {
    const axis = Math.floor(random() * 3);
    const direction: Triple = [0, 0, 0];
    direction[axis] = random() < 0.5 ? -1 : 1;
    const origin = inside(random);
    if (random() < 0.5) origin[axis] = direction[axis]! > 0 ? 0.5 * random() : 2.5 - 0.5 * random();
    return ray(origin, direction);
  },
  "along a face diagonal": (random: Random) => {
    const direction = signs(random);
    direction[Math.floor(random() * 3)] = 0;
    return backwards(random, ray(inside(random), direction));
  },
  "along a space diagonal": (random: Random) => backwards(random, ray(inside(random), signs(random))),
  "through a corner of a cell": (random: Random, corners: readonly Triple[]) =>
    aimed(random() < 0.5 ? outside(random) : inside(random), pick(random, corners)),
  "through an edge of a cell": (random: Random, corners: readonly Triple[], size: number) => {
    const target: Triple = [...pick(random, corners)];
    target[Math.floor(random() * 3)]! += random() * size;
    return aimed(random() < 0.5 ? outside(random) : inside(random), target);
  },
  "along an edge of a cell": (random: Random, corners: readonly Triple[]) => {
    const direction: Triple = [0, 0, 0];
    direction[Math.floor(random() * 3)] = random() < 0.5 ? -1 : 1;
    return backwards(random, ray([...pick(random, corners)], direction));
  },
  "in a face of a cell": (random: Random, corners: readonly Triple[]) => {
    const direction = unit(random);
    direction[Math.floor(random() * 3)] = 0;
    return backwards(random, ray([...pick(random, corners)], direction));
  },
  "diagonally through corners": (random: Random, corners: readonly Triple[]) => {
    const direction = signs(random);
    if (random() < 0.5) direction[Math.floor(random() * 3)] = 0;
    return backwards(random, ray([...pick(random, corners)], direction));
  },
  "nearly along an axis": (random: Random) => {
    const direction: Triple = [1, 1, 1];
    for (let axis = 0; axis < 3; axis++) direction[axis]! *= (random() - 0.5) * 2 ** (-40 * random());
    return backwards(random, ray(inside(random), direction));
  },
  "between two ends": (random: Random) => {
    const [a, b] = [inside(random), inside(random)];
    const made = aimed(a, b);
    made.tMin = 0.5 * random();
    made.tMax = made.tMin + random();
    return made;
  },
} as const satisfies Readonly<
  Record<string, (random: Random, corners: readonly Triple[], size: number) => Ray>
>;

/** A family by its name. */
export type RayFamily = keyof typeof RAY_FAMILIES;

/** Families of rays that touch cells in corners, edges and faces. */
export const LATTICE_FAMILIES: ReadonlySet<RayFamily> = new Set<RayFamily>([
  "through a corner of a cell",
  "through an edge of a cell",
  "along an edge of a cell",
  "in a face of a cell",
  "diagonally through corners",
]);

/** Rays of a family. `corners` are in units of 2^-23 of the world, `size` the width of their cells. */
export function testRays(
  family: RayFamily,
  count: number,
  random: Random,
  cells: readonly { readonly corner: readonly [number, number, number]; readonly size: number }[],
): Ray[] {
  const corners = cells.map(({ corner, size }): [number, number, number] => {
    const [x, y, z] = corner.map((c) => 1 + (c + (random() < 0.5 ? size : 0)) * UNIT);
    return [x!, y!, z!];
  });
  const size = cells[0]!.size * UNIT;
  return Array.from({ length: count }, () => {
    const made = RAY_FAMILIES[family](random, corners, size);
    const length = 2 ** Math.floor(6 * random() - 3);
    made.dx *= length;
    made.dy *= length;
    made.dz *= length;
    made.tMin /= length;
    made.tMax /= length;
    return made;
  });
}

/** Whether a component of the direction is so near to 0 that the traversal replaces it. */
export function isBent({ dx, dy, dz }: Ray): boolean {
  const sizes = [dx, dy, dz].map(Math.abs);
  return sizes.some((size) => size < 2 ** -23 * Math.max(...sizes));
}

function ray([ox, oy, oz]: Triple, [dx, dy, dz]: Triple): Ray {
  return Object.assign(new Ray(), { ox, oy, oz, dx, dy, dz });
}

function aimed(origin: Triple, target: Triple): Ray {
  return ray(origin, [target[0] - origin[0], target[1] - origin[1], target[2] - origin[2]]);
}

/** The ray, or half of the time one that gets to its origin after two lengths. */
function backwards(random: Random, made: Ray): Ray {
  if (random() < 0.5) return made;
  made.ox -= 2 * made.dx;
  made.oy -= 2 * made.dy;
  made.oz -= 2 * made.dz;
  return made;
}

function inside(random: Random): Triple {
  return [1 + random(), 1 + random(), 1 + random()];
}

function outside(random: Random): Triple {
  const [x, y, z] = unit(random);
  return [1.5 + 2 * x, 1.5 + 2 * y, 1.5 + 2 * z];
}

/** A direction, evenly spread. */
function unit(random: Random): Triple {
  for (;;) {
    const [x, y, z] = [2 * random() - 1, 2 * random() - 1, 2 * random() - 1];
    const length = Math.hypot(x, y, z);
    if (length > 0.1 && length < 1) return [x / length, y / length, z / length];
  }
}

function signs(random: Random): Triple {
  return [random() < 0.5 ? -1 : 1, random() < 0.5 ? -1 : 1, random() < 0.5 ? -1 : 1];
}

function pick<T>(random: Random, of: readonly T[]): T {
  return of[Math.floor(random() * of.length)]!;
}
