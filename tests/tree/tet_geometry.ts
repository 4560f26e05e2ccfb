/**
 * The tetrahedra of a region by their geometry alone, in whole numbers, so that tables and keys have something to be held
 * against that shares nothing with them.
 */
export type Point = readonly [x: number, y: number, z: number];

/** A tetrahedron as its four vertices. */
export type Tet = readonly [Point, Point, Point, Point];

/** Order of the coordinates in each type, greatest first: 0 is x >= z >= y. */
export const ORDERS: readonly (readonly [number, number, number])[] = [
  [0, 2, 1],
  [0, 1, 2],
  [1, 0, 2],
  [1, 2, 0],
  [2, 1, 0],
  [2, 0, 1],
];

/** Normals of the six families of planes that bound every tetrahedron at every level. */
const FAMILIES: readonly Point[] = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [0, 1, -1], [1, 0, -1]];

/** The tetrahedron of a type in the cube of this edge and least corner: from there along the axes of its order. */
export function kuhnTet(type: number, corner: Point, edge: number): Tet {
  const [a, b] = ORDERS[type]!;
  const v1 = moved(corner, a, edge);
  return [corner, v1, moved(v1, b, edge), plus(corner, [edge, edge, edge])];
}

/** Bey's eight children, from the midpoints of the edges; the vertices must be even. */
export function beyChildren([v0, v1, v2, v3]: Tet): readonly Tet[] {
  const [m01, m02, m03] = [middle(v0, v1), middle(v0, v2), middle(v0, v3)];
  const [m12, m13, m23] = [middle(v1, v2), middle(v1, v3), middle(v2, v3)];
  return [
    [v0, m01, m02, m03],
    [m01, v1, m12, m13],
    [m02, m12, v2, m23],
    [m03, m13, m23, v3],
    [m01, m02, m03, m13],
    [m01, m02, m12, m13],
    [m02, m03, m13, m23],
    [m02, m12, m13, m23],
  ];
}

/** The type of a tetrahedron and the least corner of its cube; undefined if it is none of the six in that cube. */
export function shapeOf(tet: Tet, edge: number): { type: number; corner: Point } | undefined {
  const corner = [0, 1, 2].map((axis) => Math.min(...tet.map((v) => v[axis]!))) as unknown as Point;
  const type = ORDERS.findIndex((_, type) => sameTet(kuhnTet(type, corner, edge), tet));
  return type < 0 ? undefined : { type, corner };
}

/** Six times the volume, with the sign of the vertices' order. */
export function sixVolumes([v0, ...others]: Tet): number {
  const [[a, b, c], [d, e, f], [g, h, i]] = others.map((v) => minus(v, v0)) as [Point, Point, Point];
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** Whether a plane of one of the six families lies between two tetrahedra, so that their insides do not meet. */
export function separated(one: Tet, other: Tet): boolean {
  return FAMILIES.some((normal) => {
    const a = one.map((v) => dot(normal, v));
    const b = other.map((v) => dot(normal, v));
    return Math.max(...a) <= Math.min(...b) || Math.max(...b) <= Math.min(...a);
  });
}

/** Whether a point lies in a tetrahedron, its surface included: on the inner side of all four faces. */
export function contains(tet: Tet, point: Point): boolean {
  const whole = sixVolumes(tet);
  return tet.every((_, k) => {
    const part = tet.map((v, i) => i === k ? point : v) as unknown as Tet;
    return Math.sign(sixVolumes(part)) !== -Math.sign(whole);
  });
}

/** Four times the centroid. */
export function fourCentroids(tet: Tet): Point {
  return tet.reduce(plus, [0, 0, 0]);
}

export function times(tet: Tet, factor: number): Tet {
  return tet.map(([x, y, z]) => [factor * x, factor * y, factor * z]) as unknown as Tet;
}

/** The vertices but the k-th, in an order of their own, to compare faces by. */
export function faceOf(tet: Tet, k: number): string {
  return tet.filter((_, i) => i !== k).map(String).sort().join(" ");
}

function sameTet(one: Tet, other: Tet): boolean {
  return one.map(String).sort().join(" ") === other.map(String).sort().join(" ");
}

function middle(a: Point, b: Point): Point {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];
}

function moved(point: Point, axis: number, by: number): Point {
  return point.map((value, i) => i === axis ? value + by : value) as unknown as Point;
}

function plus(a: Point, b: Point): Point {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function minus(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
