import { cross, dot, normalize, scale, subtract, type Vec3 } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";

/** Where the camera is and what it turns around. Up is always +y, and a pose never looks straight up or down. */
export interface CameraPose {
  readonly eye: Vec3;
  readonly target: Vec3;
}

/** The lens: what stays the same while the camera moves. */
export interface Lens {
  /** Vertical opening in radians. */
  readonly fovY: number;
  /** Width by height. */
  readonly aspectRatio: number;
  readonly nearPlane: number;
  readonly farPlane: number;
  /** Height of the picture in pixels, by which the server chooses how much detail it can show; absent if unknown. */
  readonly heightPx?: number;
}

/** Steepest look up or down, in radians: a little less than straight, where "right" would be lost. */
export const MAX_PITCH = Math.PI / 2 - 0.01;
export const UP: Vec3 = [0, 1, 0];

/** Right, up and forward of a pose: unit vectors at right angles. */
export interface CameraAxes {
  readonly right: Vec3;
  readonly up: Vec3;
  readonly forward: Vec3;
}

/** Which way a pose looks. */
export function cameraAxes(pose: CameraPose): CameraAxes {
  const forward = normalize(subtract(pose.target, pose.eye));
  const right = normalize(cross(forward, UP));
  return { right, up: cross(right, forward), forward };
}

/** Distance between eye and target, in world units. */
export function poseDistance(pose: CameraPose): number {
  const between = subtract(pose.target, pose.eye);
  return Math.sqrt(dot(between, between));
}

/** The unit vector of a heading (yaw 0 looks along -z, growing to the left) and a pitch (up is positive), in radians. */
export function direction(yaw: number, pitch: number): Vec3 {
  return [-Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), -Math.cos(yaw) * Math.cos(pitch)];
}

/** A view direction turned by angles, kept off the poles. */
export function turned(forward: Vec3, yawBy: number, pitchBy: number): Vec3 {
  const yaw = Math.atan2(-forward[0], -forward[2]) + yawBy;
  const pitch = Math.asin(Math.max(-1, Math.min(1, forward[1]))) + pitchBy;
  return direction(yaw, Math.max(-MAX_PITCH, Math.min(MAX_PITCH, pitch)));
}

/** The point `distance` away from `from` along a unit vector. */
export function along(from: Vec3, unit: Vec3, distance: number): Vec3 {
  const step = scale(unit, distance);
  return [from[0] + step[0], from[1] + step[1], from[2] + step[2]];
}

/** A pose and a lens as the server is told of them. */
export function toViewport(pose: CameraPose, lens: Lens): Viewport {
  return { eye: pose.eye, lookAt: pose.target, up: UP, ...lens };
}
