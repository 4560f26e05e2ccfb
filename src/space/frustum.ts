import type { Vec3 } from "./vec3.ts";

/**
 * Six planes (left, right, bottom, top, near, far) of four numbers each: unit normal nx, ny, nz and d. A point p
 * is inside a plane if `n.p + d > 0`; on the plane is outside.
 */
export interface Frustum {
  readonly planes: Float64Array;
}

/** What a perspective view is made of: world units and radians. */
export interface PerspectiveView {
  readonly eye: Vec3;
  readonly lookAt: Vec3;
  readonly up: Vec3;
  readonly fovY: number;
  readonly aspectRatio: number;
  readonly nearPlane: number;
  readonly farPlane: number;
}

/** The mask of all six planes: what a walk down a tree of boxes starts with. */
export const ALL_PLANES = 0b111111;
/** The length of {@link Frustum.planes}. */
export const FRUSTUM_NUMBERS = 24;
/** Below this the squares of a length's parts are so small that they lose digits. */
const LEAST_LENGTH = 1e-100;

/**
 * The frustum of a perspective view.
 * @param view a view without problems (eye apart from lookAt, up not along the view)
 * @param planes 24 numbers to write into, for callers that must not allocate
 * @throws {RangeError} if the view is degenerate, so that no plane is NaN
 */
export function perspectiveFrustum(view: PerspectiveView, planes?: Float64Array): Frustum {
  const out = planes ?? new Float64Array(FRUSTUM_NUMBERS);
  writePerspectivePlanes(view, out);
  return { planes: out };
}

/** As {@link perspectiveFrustum}, into 24 numbers that the caller has, without any allocation. */
export function writePerspectivePlanes(view: PerspectiveView, out: Float64Array): void {
  const { eye, lookAt, up } = view;
  let fx = lookAt[0] - eye[0];
  let fy = lookAt[1] - eye[1];
  let fz = lookAt[2] - eye[2];
  const forward = Math.sqrt(fx * fx + fy * fy + fz * fz);
  if (!(forward > LEAST_LENGTH)) throw degenerate();
  fx /= forward;
  fy /= forward;
  fz /= forward;
  let rx = fy * up[2] - fz * up[1];
  let ry = fz * up[0] - fx * up[2];
  let rz = fx * up[1] - fy * up[0];
  const right = Math.sqrt(rx * rx + ry * ry + rz * rz);
  if (!(right > LEAST_LENGTH)) throw degenerate();
  rx /= right;
  ry /= right;
  rz /= right;
  const ux = ry * fz - rz * fy;
  const uy = rz * fx - rx * fz;
  const uz = rx * fy - ry * fx;

  const halfY = view.fovY / 2;
  const halfX = Math.atan(Math.tan(halfY) * view.aspectRatio);
  // Sine and cosine rather than the tangent keep the normals unit and finite up to a half turn.
  const sinX = Math.sin(halfX);
  const cosX = Math.cos(halfX);
  const sinY = Math.sin(halfY);
  const cosY = Math.cos(halfY);
  // In one loop, since handing doubles to a function allocates where it is not inlined.
  for (let plane = 0; plane < 6; plane++) {
    // Each normal is made of the view direction and of the axis to that side.
    const along = plane < 2 ? sinX : plane < 4 ? sinY : plane === 4 ? 1 : -1;
    const side = plane & 1 ? -1 : 1;
    const toRight = plane < 2 ? side * cosX : 0;
    const toTop = plane === 2 || plane === 3 ? side * cosY : 0;
    const nx = fx * along + rx * toRight + ux * toTop;
    const ny = fy * along + ry * toRight + uy * toTop;
    const nz = fz * along + rz * toRight + uz * toTop;
    const shift = plane < 4 ? 0 : plane === 4 ? -view.nearPlane : view.farPlane;
    const d = shift - (nx * eye[0] + ny * eye[1] + nz * eye[2]);
    if (!(Number.isFinite(nx + ny + nz) && Number.isFinite(d))) throw degenerate();
    out[4 * plane] = nx;
    out[4 * plane + 1] = ny;
    out[4 * plane + 2] = nz;
    out[4 * plane + 3] = d;
  }
}

/**
 * Places a cube against the planes of a mask: the corner farthest along each normal tells whether the cube is
 * outside, the nearest whether it is wholly inside (U. Assarsson and T. Moller, 2000, with plane masks).
 * Corners, not centre and radius: rounding is then monotone, so a cube that is outside never has a part inside.
 * @param planeMask the planes to test, bit i for plane i; {@link ALL_PLANES} at a root
 * @returns -1 if the cube is outside, else the mask of the planes that still cut it (0: wholly inside)
 */
export function classifyBox(
  frustum: Frustum,
  minX: number,
  minY: number,
  minZ: number,
  size: number,
  planeMask: number,
): number {
  const planes = frustum.planes;
  const maxX = minX + size;
  const maxY = minY + size;
  const maxZ = minZ + size;
  let cut = 0;
  for (let plane = 0; plane < 6; plane++) {
    if ((planeMask & (1 << plane)) === 0) continue;
    const nx = planes[4 * plane]!;
    const ny = planes[4 * plane + 1]!;
    const nz = planes[4 * plane + 2]!;
    const d = planes[4 * plane + 3]!;
    const far = nx * (nx > 0 ? maxX : minX) + ny * (ny > 0 ? maxY : minY) + nz * (nz > 0 ? maxZ : minZ) + d;
    if (!(far > 0)) return -1;
    const near = nx * (nx > 0 ? minX : maxX) + ny * (ny > 0 ? minY : maxY) + nz * (nz > 0 ? minZ : maxZ) + d;
    if (!(near > 0)) cut |= 1 << plane;
  }
  return cut;
}

function degenerate(): RangeError {
  return new RangeError("Cannot make a frustum of a degenerate view");
}
