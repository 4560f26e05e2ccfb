import type { Bounds, Vec3 } from "../../space/mod.ts";
import type { Viewport } from "../../viewport/mod.ts";

/** How cameras move: around what the world holds, through it, or not at all. */
export const CAMERA_PATHS = ["orbit", "walk", "still"] as const;
export type CameraPath = typeof CAMERA_PATHS[number];

/** A turn of an orbit takes about so many seconds. */
const TURN_SECONDS = 30;
/** The golden angle: however many cameras there are, they are spread evenly. */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/**
 * Where a client's camera is: each client has a way of its own, and is at the same place at the same time in every run.
 *
 * @param client number of the client
 * @param seconds since its way began
 * @param content the cube or box that it looks at
 */
export function cameraAt(path: CameraPath, client: number, seconds: number, content: Bounds): Viewport {
  const center = content.min.map((low, axis) => (low + content.max[axis]!) / 2) as unknown as Vec3;
  const half = content.min.map((low, axis) => (content.max[axis]! - low) / 2) as unknown as Vec3;
  const radius = Math.max(1, Math.hypot(...half));
  const phase = client * GOLDEN_ANGLE;
  if (path === "walk") return walk(center, half, phase, seconds, radius);
  const angle = phase + (path === "still" ? 0 : seconds * 2 * Math.PI / TURN_SECONDS);
  // Some are near, some far, some high, some low.
  const distance = radius * (0.5 + Math.abs(Math.sin(phase)));
  const height = radius * (0.2 + 0.5 * Math.abs(Math.cos(phase)));
  const eye: Vec3 = [
    center[0] + distance * Math.cos(angle),
    center[1] + height,
    center[2] + distance * Math.sin(angle),
  ];
  return camera(eye, center, radius);
}

/** Through the content on a closed curve, looking ahead. */
function walk(center: Vec3, half: Vec3, phase: number, seconds: number, radius: number): Viewport {
  const at = (time: number): Vec3 => [
    center[0] + half[0] * 0.8 * Math.sin(0.11 * time + phase),
    center[1] + half[1] * 0.3 * Math.sin(0.07 * time),
    center[2] + half[2] * 0.8 * Math.sin(0.17 * time + 2 * phase),
  ];
  const eye = at(seconds);
  const ahead = at(seconds + 1);
  // Where the curve turns back there is no ahead.
  const isStanding = Math.hypot(...ahead.map((value, axis) => value - eye[axis]!)) < radius * 1e-6;
  return camera(eye, isStanding ? [eye[0] + radius, eye[1], eye[2]] : ahead, radius);
}

function camera(eye: Vec3, lookAt: Vec3, radius: number): Viewport {
  return {
    eye,
    lookAt,
    up: [0, 1, 0],
    fovY: 1,
    aspectRatio: 1.5,
    nearPlane: radius / 1000,
    farPlane: radius * 6,
  };
}
