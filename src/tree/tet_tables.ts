/**
 * Tables of the tetree: six Kuhn tetrahedra fill a cube, and each of them splits into eight of the same six shapes (Bey's
 * refinement), in the order of Burstedde & Holke, "A tetrahedral space-filling curve for nonconforming adaptive meshes"
 * (2016): children sorted by the octant they lie in, then by type. Type t is the set of points of a cube whose coordinates
 * are ordered 0: x>=z>=y, 1: x>=y>=z, 2: y>=x>=z, 3: y>=z>=x, 4: z>=y>=x, 5: z>=x>=y; all six share the diagonal from
 * corner 0 to corner 7 (corner = x + 2y + 4z). A test derives every table from that geometry.
 */

/** Kuhn tetrahedra of one cube, and roots of a region. */
export const TET_TYPES = 6;

/** Type of each child, by parent type and child index: `TYPE_OF_CHILD[8 * type + index]`. */
export const TYPE_OF_CHILD: Uint8Array = digits("00450120 11230151 20122342 33451233 42340454 50153455");

/** Octant of the parent's cube that each child lies in: `OCTANT_OF_CHILD[8 * type + index]`. */
export const OCTANT_OF_CHILD: Uint8Array = digits("01115557 01113337 02223337 02226667 04446667 04445557");

/** Type of the parent, by the octant a child lies in and the child's type: `PARENT_TYPE[6 * octant + type]`. */
export const PARENT_TYPE: Uint8Array = digits("012345 011100 222333 112221 554445 000555 433344 012345");

/** Index among its siblings, by a child's type and octant: `CHILD_INDEX[8 * type + octant]`. */
export const CHILD_INDEX: Uint8Array = digits("01141447 01252547 02341657 03152467 02263557 03363667");

/** Corners of each type's four vertices v0 to v3: `VERTEX_CORNERS[4 * type + vertex]`. */
export const VERTEX_CORNERS: Uint8Array = digits("0157 0137 0237 0267 0467 0457");

/**
 * Type of the tetrahedron behind each face, by type and face (face k is opposite vertex k): `NEIGHBOUR_TYPE[4 * type + k]`.
 */
export const NEIGHBOUR_TYPE: Uint8Array = digits("4512 3205 0134 5421 2350 1043");

/** The same tetrahedron's own number for that face. */
export const NEIGHBOUR_FACE: Uint8Array = digits("3120 3120 3120 3120 3120 3120");

/**
 * Octants (of a cube of side two voxels) whose voxel overlaps a tetrahedron of each type, as a bit mask: those that its four
 * vertices touch. `OCTANTS_OF_TYPE[type]`.
 */
export const OCTANTS_OF_TYPE: Uint8Array = Uint8Array.from({ length: TET_TYPES }, (_, type) => {
  let mask = 0;
  for (let vertex = 0; vertex < 4; vertex++) mask |= 1 << VERTEX_CORNERS[4 * type + vertex]!;
  return mask;
});

/** Types that are occupied, as a bit mask, by the mask of occupied octants of their cube: `TYPES_OF_OCTANTS[mask]`. */
export const TYPES_OF_OCTANTS: Uint8Array = Uint8Array.from({ length: 256 }, (_, octants) => {
  let types = 0;
  for (let type = 0; type < TET_TYPES; type++) {
    if ((octants & OCTANTS_OF_TYPE[type]!) !== 0) types |= 1 << type;
  }
  return types;
});

function digits(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(" ", ""), Number);
}
