import type { Vec3 } from "../space/mod.ts";

/** A camera of pictures: positions in world units, the vertical opening in radians, right-handed. */
export interface PictureCamera {
  readonly eye: Vec3;
  readonly lookAt: Vec3;
  readonly up: Vec3;
  readonly fovY: number;
  readonly widthPx: number;
  readonly heightPx: number;
}
