/** What a ray that starts inside of a cell has in place of a face. */
export const INSIDE_FACE = 255;

/** What `Hit.region` is where nothing was hit. */
export const NO_REGION = -1;

/** What `Hit.type` is for a cube. */
export const CUBE_TYPE = -1;

/**
 * Where a ray first meets a scene. Reused from ray to ray; after a miss only `region` holds.
 */
export class Hit {
  /** In lengths of the ray's direction. */
  t = 0;
  /** Record of the region in the scene, or `NO_REGION`. */
  region: number = NO_REGION;
  /** Place of the node in the scene's colours and materials. */
  node = 0;
  /** Level of the node in its region: 0 is the root. */
  level = 0;
  /** Lowest corner of the cell, or for a tetrahedron of its cube, in units of 2^-23 of the world. */
  x = 0;
  y = 0;
  z = 0;
  /** Width of that cube in the same units. */
  size = 0;
  /** Type of the tetrahedron, 0 to 5, or `CUBE_TYPE`. */
  type: number = CUBE_TYPE;
  /**
   * Face that the ray came in by: 2 * family, and 1 more if the outward normal points to the family's + side. Families are
   * the planes of equal x, y, z, x - y, y - z, x - z, in that order. `INSIDE_FACE` where the ray starts in the cell.
   */
  face: number = INSIDE_FACE;
}

/** Outward unit normals by `Hit.face`, three numbers a face. */
export const FACE_NORMALS: Float64Array = faceNormals();

function faceNormals(): Float64Array {
  const half = Math.SQRT1_2;
  const families = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [half, -half, 0], [0, half, -half], [half, 0, -half]];
  const normals = new Float64Array(families.length * 6);
  families.forEach((normal, family) => {
    normal.forEach((component, axis) => {
      // 0 - 0 rather than -0.
      normals[6 * family + axis] = 0 - component;
      normals[6 * family + 3 + axis] = component;
    });
  });
  return normals;
}
