import { along, cameraAxes, type CameraPose, poseDistance, turned, UP } from "./camera_pose.ts";

/** Turns the view where the eye stands. Angles in radians: positive yaw looks left, positive pitch up. */
export function look(pose: CameraPose, yawBy: number, pitchBy: number): CameraPose {
  const forward = turned(cameraAxes(pose).forward, yawBy, pitchBy);
  return { eye: pose.eye, target: along(pose.eye, forward, poseDistance(pose)) };
}

/** Moves eye and target: along the view, sideways, and straight up; in world units. */
export function fly(pose: CameraPose, forwardBy: number, rightBy: number, upBy: number): CameraPose {
  const { forward, right } = cameraAxes(pose);
  const moved = (point: CameraPose["eye"]) =>
    along(along(along(point, forward, forwardBy), right, rightBy), UP, upBy);
  return { eye: moved(pose.eye), target: moved(pose.target) };
}
