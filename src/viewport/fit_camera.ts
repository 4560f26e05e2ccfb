import { add, type Bounds, length, normalize, scale, subtract, type Vec3 } from "../space/mod.ts";
import type { Viewport } from "./viewport.ts";

/** From where a model is first seen: the front, a little from the right and from above. */
const THREE_QUARTER: Vec3 = normalize([0.62, 0.48, 1]);
/** Air around the model. */
const MARGIN = 1.04;

/** Vertical opening of a camera that nobody has chosen a lens for, in radians. */
export const USUAL_FOV_Y = (50 * Math.PI) / 180;

/** Where a camera stands, and what it looks at. */
export interface FittedCamera {
  readonly eye: Vec3;
  readonly target: Vec3;
}

/** A place from which the ball around a box fills the narrower side of the picture. */
export function fitBounds(
  bounds: Bounds,
  lens: Pick<Viewport, "fovY" | "aspectRatio" | "nearPlane">,
  from: Vec3 = THREE_QUARTER,
): FittedCamera {
  const target = scale(add(bounds.min, bounds.max), 0.5);
  const radius = Math.max(length(subtract(bounds.max, bounds.min)) / 2, Number.MIN_VALUE);
  const halfY = lens.fovY / 2;
  const half = Math.min(halfY, Math.atan(Math.tan(halfY) * lens.aspectRatio));
  const distance = Math.max((radius * MARGIN) / Math.sin(half), lens.nearPlane * 4);
  return { eye: add(target, scale(from, distance)), target };
}
