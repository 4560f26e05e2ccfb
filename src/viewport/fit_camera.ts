import { add, type Bounds, cross, dot, normalize, scale, subtract, type Vec3 } from "../space/mod.ts";
import type { Viewport } from "./viewport.ts";

/** From where a model is first seen: the front, a little from the right and from above. */
const THREE_QUARTER: Vec3 = normalize([0.62, 0.48, 1]);
/** The picture's sides from there. */
const RIGHT: Vec3 = normalize(cross([0, 1, 0], THREE_QUARTER));
const UP: Vec3 = cross(THREE_QUARTER, RIGHT);
/** Air around the model. */
const MARGIN = 1.04;

/** Vertical opening of a camera that nobody has chosen a lens for, in radians. */
export const USUAL_FOV_Y = (50 * Math.PI) / 180;

/** Where a camera stands, and what it looks at. */
export interface FittedCamera {
  readonly eye: Vec3;
  readonly target: Vec3;
}

/** The nearest place, in the direction from which a model is first seen, that has the whole box in the picture. */
export function fitBounds(
  { min, max }: Bounds,
  { fovY, aspectRatio, nearPlane }: Pick<Viewport, "fovY" | "aspectRatio" | "nearPlane">,
): FittedCamera {
  const target = scale(add(min, max), 0.5);
  const [x, y, z] = scale(subtract(max, min), MARGIN / 2);
  const tanY = Math.tan(fovY / 2);
  let distance = nearPlane * 4;
  // One of each two opposite corners: they lie equally far aside, and the nearer one decides.
  for (const corner of [[x, y, z], [-x, y, z], [x, -y, z], [x, y, -z]] as const) {
    // A point is in the picture if it lies no farther aside than the picture reaches at its depth.
    const aside = Math.max(Math.abs(dot(corner, RIGHT)) / aspectRatio, Math.abs(dot(corner, UP))) / tanY;
    distance = Math.max(distance, Math.max(aside, nearPlane) + Math.abs(dot(corner, THREE_QUARTER)));
  }
  return { eye: add(target, scale(THREE_QUARTER, distance)), target };
}
