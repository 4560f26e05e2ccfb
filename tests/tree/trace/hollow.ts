import type { Random } from "../../../src/observe/mod.ts";
import { encodeMorton, mortonX, mortonY, mortonZ } from "../../../src/space/mod.ts";
import {
  cellNeighbour,
  locateTet,
  Ray,
  tetKey,
  tetNeighbour,
  tetOfKey,
  type TreeKind,
} from "../../../src/tree/mod.ts";
import { keyTree } from "../key_tree.ts";
import { kuhnTet, type Point } from "../tet_geometry.ts";
import type { TestWorld } from "./test_worlds.ts";

/** A hollow of cells around the middle of eight regions, and the thinnest shell that parts it from all else by faces. */
export interface Hollow extends TestWorld {
  /** Vertices of each cell of the hollow, in coordinates of rays. */
  readonly vertices: readonly (readonly Point[])[];
}

/**
 * Grows a hollow by faces at random. The shell are the cells that share a face with the hollow and are not in it; they need
 * not share faces with each other, and many touch only in edges and corners.
 *
 * @param depth of a region's tree, at least 2
 * @param coarser levels that are cut off of the trees of every other region, so that neighbours are held at different LODs
 */
export function hollow(
  kind: TreeKind,
  depth: number,
  cells: number,
  coarser: number,
  random: Random,
): Hollow {
  // Cells of the world as those of one region.
  const level = kind === "esvo" ? depth + 1 : depth;
  const faces = kind === "esvo" ? 6 : 4;
  const neighbour = kind === "esvo" ? cellNeighbour : tetNeighbour;
  const around = (key: number) => Array.from({ length: faces }, (_, face) => neighbour(key, level, face));
  const middle = 2 ** level / 2;
  const inside = [
    kind === "esvo" ? encodeMorton(middle, middle, middle) : locateTet(0.51, 0.53, 0.52, level),
  ];
  const isInside = new Set(inside);
  while (inside.length < cells) {
    const next = around(pick(random, inside))[Math.floor(faces * random())];
    if (next === undefined || isInside.has(next) || around(next).includes(undefined)) continue;
    isInside.add(next);
    inside.push(next);
  }
  const shell = new Set(inside.flatMap((key) => around(key) as number[]).filter((key) => !isInside.has(key)));
  const keys = Array.from({ length: 8 }, (): number[] => []);
  for (const key of shell) {
    const { region, own } = kind === "esvo" ? cubeInRegion(key, depth) : tetInRegion(key, depth);
    keys[region]!.push(own);
  }
  const regions = keys.flatMap((own, morton) => {
    const cut = morton % 2 * coarser;
    return own.length === 0
      ? []
      : [{ morton, tree: keyTree(kind, depth - cut, own.map((key) => key >>> (3 * cut))) }];
  });
  return { name: "a hollow", level: 1, regions, vertices: inside.map((key) => vertices(kind, key, level)) };
}

/** Rays from inside of the hollow through its edges, and every fourth one through a corner. */
export function raysOut({ vertices }: Hollow, count: number, random: Random): Ray[] {
  const rays: Ray[] = [];
  while (rays.length < count) {
    const from = pick(random, vertices);
    const [ox, oy, oz] = mean(from, from.map(() => 0.01 + random()));
    const to = pick(random, vertices);
    const part = rays.length % 4 === 0 ? 0 : random();
    const [x, y, z] = mean([pick(random, to), pick(random, to)], [1 - part, part]);
    const ray = Object.assign(new Ray(), { ox, oy, oz, dx: x - ox, dy: y - oy, dz: z - oz });
    if (ray.dx !== 0 || ray.dy !== 0 || ray.dz !== 0) rays.push(ray);
  }
  return rays;
}

function cubeInRegion(key: number, depth: number): { region: number; own: number } {
  return { region: key >>> (3 * depth), own: key & (8 ** depth - 1) };
}

function tetInRegion(key: number, depth: number): { region: number; own: number } {
  const { type, x, y, z } = tetOfKey(key, depth);
  const [bits, most] = [depth - 1, 2 ** (depth - 1) - 1];
  return {
    region: encodeMorton(x >> bits, y >> bits, z >> bits),
    own: tetKey(type, x & most, y & most, z & most, depth - 1),
  };
}

function vertices(kind: TreeKind, key: number, level: number): readonly Point[] {
  const size = 2 ** -level;
  if (kind === "esvt") {
    const { type, x, y, z } = tetOfKey(key, level);
    return kuhnTet(type, [1 + x * size, 1 + y * size, 1 + z * size], size);
  }
  return [0, 1, 2, 3, 4, 5, 6, 7].map((corner) => [
    1 + (mortonX(key) + (corner & 1)) * size,
    1 + (mortonY(key) + ((corner >> 1) & 1)) * size,
    1 + (mortonZ(key) + (corner >> 2)) * size,
  ]);
}

function mean(points: readonly Point[], weights: readonly number[]): Point {
  const whole = weights.reduce((a, b) => a + b);
  return [0, 1, 2].map((axis) => {
    return points.reduce((sum, point, i) => sum + point[axis]! * weights[i]!, 0) / whole;
  }) as unknown as Point;
}

function pick<T>(random: Random, of: readonly T[]): T {
  return of[Math.floor(random() * of.length)]!;
}
