import { along, cameraAxes, type CameraPose, poseDistance, turned } from "./camera_pose.ts";

/** Turns the eye around the target. Angles in radians; positive yaw moves the eye to the left of the target's back. */
export function orbit(pose: CameraPose, yawBy: number, pitchBy: number): CameraPose {
  const forward = turned(cameraAxes(pose).forward, yawBy, pitchBy);
  return { eye: along(pose.target, forward, -poseDistance(pose)), target: pose.target };
}

/** How near to and how far from its target an orbiting eye may be, in world units. */
export interface DistanceRange {
  readonly min: number;
  readonly max: number;
}

/** Multiplies the distance to the target: below 1 comes nearer. */
export function zoom(pose: CameraPose, factor: number, range: DistanceRange): CameraPose {
  const distance = Math.max(range.min, Math.min(range.max, poseDistance(pose) * factor));
  return { eye: along(pose.target, cameraAxes(pose).forward, -distance), target: pose.target };
}

/**
 * Shifts eye and target in the plane of the screen, so that what lies at the target's distance follows the pointer.
 * @param dx to the right, in screen heights
 * @param dy downwards, in screen heights
 */
export function pan(pose: CameraPose, dx: number, dy: number, fovY: number): CameraPose {
  const { right, up } = cameraAxes(pose);
  const screenHeight = 2 * Math.tan(fovY / 2) * poseDistance(pose);
  const shifted = (point: CameraPose["eye"]) =>
    along(along(point, right, -dx * screenHeight), up, dy * screenHeight);
  return { eye: shifted(pose.eye), target: shifted(pose.target) };
}
