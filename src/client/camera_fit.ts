import { add, type Bounds, length, normalize, scale, subtract, type Vec3 } from "../space/mod.ts";
import { along, type CameraPose, type Lens } from "./camera_pose.ts";

/** From where a model is first seen: the front, a little from the right and from above. */
const THREE_QUARTER: Vec3 = normalize([0.62, 0.48, 1]);
/** Air around the model. */
const MARGIN = 1.04;

/** A pose from which the ball around a box fills the narrower side of the screen. */
export function fitBounds(bounds: Bounds, lens: Lens, from: Vec3 = THREE_QUARTER): CameraPose {
  const target = scale(add(bounds.min, bounds.max), 0.5);
  const radius = Math.max(length(subtract(bounds.max, bounds.min)) / 2, Number.MIN_VALUE);
  const halfY = lens.fovY / 2;
  const half = Math.min(halfY, Math.atan(Math.tan(halfY) * lens.aspectRatio));
  const distance = Math.max((radius * MARGIN) / Math.sin(half), lens.nearPlane * 4);
  return { eye: along(target, from, distance), target };
}
