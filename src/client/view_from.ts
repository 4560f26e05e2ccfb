import type { Vec3 } from "../space/mod.ts";
import { USUAL_FOV_Y, type Viewport } from "../viewport/mod.ts";
import { type Lens, toViewport } from "./camera_pose.ts";

/** The lens of those who choose none. */
export const DEFAULT_LENS: Lens = {
  fovY: USUAL_FOV_Y,
  aspectRatio: 16 / 9,
  nearPlane: 0.5,
  farPlane: 8192,
};

/** Up for those who look straight up or down, where +y says nothing about which way round the picture is. */
const UP_OF_MAPS: Vec3 = [0, 0, -1];

/**
 * What is seen from a place when one looks at another, with +y up.
 * @param lens what is to be other than in {@linkcode DEFAULT_LENS}
 */
export function viewFrom(eye: Vec3, lookAt: Vec3, lens: Partial<Lens> = {}): Viewport {
  const viewport = toViewport({ eye, target: lookAt }, { ...DEFAULT_LENS, ...lens });
  const isPlumb = eye[0] === lookAt[0] && eye[2] === lookAt[2];
  return isPlumb ? { ...viewport, up: UP_OF_MAPS } : viewport;
}
