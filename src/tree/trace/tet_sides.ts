import { CHILD_INDEX, VERTEX_CORNERS } from "../tet_tables.ts";

/**
 * How a ray goes from cell to cell. All faces of all tetrahedra lie in six families of planes: those of equal x, y, z,
 * x - y, y - z and x - z; sets of families are six bits in this order. Six planes of these, one a family, cut a tetrahedron
 * into its eight children.
 *
 * A tetrahedron goes by the order of the coordinates in it: bit 0: x >= y, bit 1: y >= z, bit 2: x >= z. So the one behind a
 * face has one bit turned over, or two. The two of the eight codes that contradict themselves stand for cubes.
 */

/** Code of a region's cube: its children are the six tetrahedra of it. */
export const REGION_CELL = 3;

/** Code of a cube of the octree over regions: its children are its octants. */
export const TOP_CELL = 4;

/** In place of a family where a ray does not come in by a face. */
export const NO_FAMILY = 6;

/** Code of each type of tetrahedron. */
export const ORDER_OF_TYPE: Uint8Array = Uint8Array.of(5, 7, 6, 2, 0, 1);

/** Type by code; the codes of cubes have none, and -1 here. */
export const TYPE_OF_ORDER: Int8Array = Int8Array.from(
  { length: 8 },
  (_, code) => ORDER_OF_TYPE.indexOf(code),
);

/**
 * Bits of a code that turn over across a face, by its family: the order of its two axes, or of its axis and either of the
 * others.
 */
export const TURNS: Uint8Array = Uint8Array.of(0b101, 0b011, 0b110, 0b001, 0b010, 0b100);

/**
 * The code of a tetrahedron around one of a code, by the place of this one within the cube of that one: where two
 * coordinates differ, that is their order, and where they do not, the order in the lesser tetrahedron is.
 *
 * So all that is around a cell is known by its place and its code, and a ray that leaves it needs no search for the first
 * tetrahedron that holds the next cell too: a plane of equal coordinates is a face of none but those in whose cubes it is a
 * face, and a plane where two coordinates differ by as much as they do at the cell is a face of those in whose cubes they
 * do not differ.
 */
export function codeAround(code: number, x: number, y: number, z: number): number {
  return (x === y ? code & 1 : Number(x > y)) | (y === z ? code & 2 : Number(y > z) << 1) |
    (x === z ? code & 4 : Number(x > z) << 2);
}

/** Index among its siblings, by a tetrahedron's code and octant: `INDEX_OF_ORDER[8 * code + octant]`. */
export const INDEX_OF_ORDER: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => {
  const type = TYPE_OF_ORDER[i >> 3]!;
  return type < 0 ? 0 : CHILD_INDEX[8 * type + (i & 7)]!;
});

/**
 * Families of the faces that a ray may leave a cell by: `EXITS[64 * code + descents]`, `descents` the families along which it
 * goes to lesser values.
 */
export const EXITS: Uint8Array = Uint8Array.from({ length: 8 * 64 }, (_, i) => {
  const [code, descents] = [i >> 6, i & 63];
  if (TYPE_OF_ORDER[code]! < 0) return 0b111;
  const { first, middle, last } = axesOf(code);
  const upper = familyBetween(first, middle);
  const lower = familyBetween(middle, last);
  const isDescent = (family: number): number => (descents >> family) & 1;
  const isOrdered = (family: number): number => (code >> (family - 3)) & 1;
  return ((isDescent(first) ^ 1) << first) | (isDescent(last) << last) |
    (Number(isDescent(upper) === isOrdered(upper)) << upper) |
    (Number(isDescent(lower) === isOrdered(lower)) << lower);
});

/**
 * The child where a ray comes into a cell: `ENTRIES[512 * code + 64 * family + sides]` is its code, and shifted by 3 its
 * index and by 6 its octant. `family` is that of the face that the ray comes in by, or `NO_FAMILY`; `sides` are the families
 * whose middle plane the ray is beyond, on the side of greater values, and for that family itself the side that the ray
 * comes from. The child always has a part of that face, whatever the other sides are: next to an edge, where three planes
 * meet, rounding makes them contradict each other, and the ray must not pass between cells there.
 */
export const ENTRIES: Uint16Array = Uint16Array.from({ length: 8 * 512 }, (_, i) => {
  const [code, family, sides] = [i >> 9, (i >> 6) & 7, i & 63];
  if (code === TOP_CELL) return TOP_CELL | ((sides & 7) << 3) | ((sides & 7) << 6);
  if (code !== REGION_CELL) return entryOfTet(code, family, sides);
  const order = orderInCube(family, sides);
  return order | (TYPE_OF_ORDER[order]! << 3);
});

/**
 * The sides that `ENTRIES` asks for, by a cell's code and the family of the face: `ASKED[8 * code + family]`. Not that of the
 * face itself, which is known.
 */
export const ASKED: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => {
  const [code, family] = [i >> 3, i & 7];
  const own = family === NO_FAMILY ? 0 : 1 << family;
  if (code === TOP_CELL) return 0b111 & ~own;
  if (code === REGION_CELL) return family < 3 ? 0b111000 & ~(TURNS[family]! << 3) : 0b111000;
  if (family >= NO_FAMILY) return 0b111111;
  const { first, middle, last } = axesOf(code);
  return ((1 << first) | (1 << last) | (1 << familyBetween(first, middle)) |
    (1 << familyBetween(middle, last))) & ~own;
});

/** At a face of a cube are the two tetrahedra in which its coordinate is the greatest or the least of the three. */
function orderInCube(family: number, sides: number): number {
  let order = sides >> 3;
  if (family < 3) {
    const isGreatest = ((sides >> family) & 1) === 1;
    const orders = TURNS[family]!;
    // These bits are set where the axis comes first in their pair and is the greater, or comes last and is the less.
    const greatest = [0b101, 0b010, 0b000][family]!;
    order = (order & ~orders) | (isGreatest ? greatest : orders & ~greatest);
  }
  return TYPE_OF_ORDER[order]! < 0 ? ORDER_OF_TYPE[0]! : order;
}

/**
 * Each of a tetrahedron's corners is cut off by one plane; what is left is an octahedron, and the child of it that has a
 * part of a face is known by the face. In there, a child's coordinates have another order than the parent's.
 */
function entryOfTet(code: number, family: number, sides: number): number {
  const { first, middle, last } = axesOf(code);
  const upper = familyBetween(first, middle);
  const lower = familyBetween(middle, last);
  const outer = familyBetween(first, last);
  const isBeyond = (f: number): boolean => ((sides >> f) & 1) === 1;
  const areApart = (f: number): boolean => isBeyond(f) === (((code >> (f - 3)) & 1) === 1);
  const child = (order: number, vertex: number): number => {
    const octant = VERTEX_CORNERS[4 * TYPE_OF_ORDER[code]! + vertex]!;
    return order | (INDEX_OF_ORDER[8 * order + octant]! << 3) | (octant << 6);
  };
  if (!isBeyond(first)) return child(code, 0);
  if (isBeyond(last)) return child(code, 3);
  if (areApart(upper)) return child(code, 1);
  if (areApart(lower)) return child(code, 2);
  const isAtFirst = family === last || family === lower || (family === NO_FAMILY && !isBeyond(middle));
  const isOuter = family === last || family === first || (family === NO_FAMILY && areApart(outer));
  const swapped = isAtFirst ? upper : lower;
  return child(code ^ (1 << (swapped - 3)) ^ (isOuter ? 0 : 1 << (outer - 3)), isAtFirst ? 1 : 2);
}

/** Axes of a tetrahedron by its coordinates, the greatest first. */
function axesOf(code: number): { first: number; middle: number; last: number } {
  const type = TYPE_OF_ORDER[code]!;
  const first = type >> 1;
  const middle = (first + (type % 2 === 0 ? 2 : 1)) % 3;
  return { first, middle, last: 3 - first - middle };
}

/** Family of the planes where the coordinates of two axes are equal. */
function familyBetween(one: number, other: number): number {
  return one + other === 1 ? 3 : one + other === 3 ? 4 : 5;
}
