import { encodeMorton, mortonX, mortonY, mortonZ } from "../space/mod.ts";
import { tetKey, tetOfKey } from "./tet_keys.ts";
import { NEIGHBOUR_TYPE } from "./tet_tables.ts";

/** Finest level of cells whose keys have neighbours: 30 bits. */
const MAX_CELL_LEVEL = 10;

/**
 * The cell on the other side of a face, both by their Morton code among the 2^level cells an axis of a region; undefined
 * if it lies outside. Faces are -x, +x, -y, +y, -z, +z. Takes constant time.
 *
 * @throws RangeError if the level, the cell or the face does not exist
 */
export function cellNeighbour(key: number, level: number, face: number): number | undefined {
  if (!Number.isInteger(level) || level < 0 || level > MAX_CELL_LEVEL) {
    throw new RangeError(`Level of cells must be a whole number from 0 to ${MAX_CELL_LEVEL}, got ${level}`);
  }
  if (!Number.isInteger(key) || key < 0 || key >= 8 ** level) {
    throw new RangeError(
      `Key must be a whole number from 0 to ${8 ** level - 1} at level ${level}, got ${key}`,
    );
  }
  checkFace(face, 6);
  const place: [number, number, number] = [mortonX(key), mortonY(key), mortonZ(key)];
  return step(place, face >> 1, face % 2 === 0 ? -1 : 1, level) ? encodeMorton(...place) : undefined;
}

/**
 * The tetrahedron on the other side of a face, both by their key of `tetKey`; undefined if it lies outside the region.
 * Face k is opposite vertex k; the neighbour's own number for it is in `NEIGHBOUR_FACE`. Linear in `level`.
 *
 * @throws RangeError if the level, the tetrahedron or the face does not exist
 */
export function tetNeighbour(key: number, level: number, face: number): number | undefined {
  const { type, x, y, z } = tetOfKey(key, level);
  checkFace(face, 4);
  const place: [number, number, number] = [x, y, z];
  const [greatest, least] = outerAxes(type);
  // Faces 1 and 2 are shared with tetrahedra of the same cube; face 0 lies on its far side, face 3 on its near side.
  const inside = face === 0
    ? step(place, greatest, 1, level)
    : face === 3
    ? step(place, least, -1, level)
    : true;
  return inside ? tetKey(NEIGHBOUR_TYPE[4 * type + face]!, ...place, level) : undefined;
}

/** The axes of the greatest and the least coordinate in a tetrahedron of this type: a and c of its order a >= b >= c. */
function outerAxes(type: number): readonly [greatest: number, least: number] {
  const greatest = type >> 1;
  const middle = (greatest + (type % 2 === 0 ? 2 : 1)) % 3;
  return [greatest, 3 - greatest - middle];
}

/** Moves a place by one along an axis; tells whether it is still in the region. */
function step(place: [number, number, number], axis: number, by: -1 | 1, level: number): boolean {
  const at = place[axis]! + by;
  place[axis] = at;
  return at >= 0 && at < 2 ** level;
}

function checkFace(face: number, faces: number): void {
  if (!Number.isInteger(face) || face < 0 || face >= faces) {
    throw new RangeError(`Face must be a whole number from 0 to ${faces - 1}, got ${face}`);
  }
}
