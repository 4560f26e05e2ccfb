import { MAX_COORDINATE } from "../space/mod.ts";
import { type Viewport, viewportProblem } from "../viewport/mod.ts";
import type { PictureCamera } from "./picture_camera.ts";
import type { PickRay } from "./pick.ts";
import type { PictureLook } from "./picture_look.ts";

/** Most pixels along an edge of a picture. */
export const MAX_EDGE_PX = 16_384;
/** Directions down to this length can be squared without losing digits. */
const LEAST_LENGTH = 1e-50;

/** Says in words fit for its sender what makes a picture impossible, or undefined. Does no work before. */
export function pictureProblem(camera: PictureCamera, maxPixels: number): string | undefined {
  const { eye, lookAt, up, fovY, widthPx, heightPx } = camera;
  for (const [name, size] of [["width", widthPx], ["height", heightPx]] as const) {
    if (!Number.isInteger(size) || size < 1 || size > MAX_EDGE_PX) {
      return `${name} must be a whole number of pixels from 1 to ${MAX_EDGE_PX}, not ${size}`;
    }
  }
  if (widthPx * heightPx > maxPixels) {
    return `A picture may have ${maxPixels} pixels, ${widthPx} x ${heightPx} are ${widthPx * heightPx}`;
  }
  const viewport: Viewport = {
    eye,
    lookAt,
    up,
    fovY,
    aspectRatio: widthPx / heightPx,
    nearPlane: 1,
    farPlane: 2,
  };
  return viewportProblem(viewport);
}

/** The same for a ray of a pick. */
export function pickProblem({ origin, direction, maxDistance }: PickRay): string | undefined {
  const problem = vectorProblem("origin", origin) ?? vectorProblem("direction", direction);
  if (problem !== undefined) return problem;
  if (!(Math.max(...direction.map(Math.abs)) >= LEAST_LENGTH)) return "direction must not be zero";
  return maxDistance > 0 ? undefined : `maxDistance must be a number above 0, not ${maxDistance}`;
}

/** The same for how a picture is lit. */
export function lookProblem(look: PictureLook): string | undefined {
  for (const name of ["sun", "zenith"] as const) {
    const problem = vectorProblem(name, look[name]);
    if (problem !== undefined) return problem;
    if (!(Math.max(...look[name].map(Math.abs)) >= LEAST_LENGTH)) return `${name} must not be zero`;
  }
  if (!(look.ambient >= 0 && look.ambient <= 1)) {
    return `ambient must be a number from 0 to 1, not ${look.ambient}`;
  }
  if (!(look.sunRadius >= 0 && look.sunRadius <= 1)) {
    return `sunRadius must be a number from 0 to 1, not ${look.sunRadius}`;
  }
  if (!(look.fogHalfEdges > 0)) return `fogHalfEdges must be a number above 0, not ${look.fogHalfEdges}`;
  return look.detailPx >= 0 && look.detailPx <= MAX_EDGE_PX
    ? undefined
    : `detailPx must be a number from 0 to ${MAX_EDGE_PX}, not ${look.detailPx}`;
}

function vectorProblem(name: string, vector: readonly number[]): string | undefined {
  for (let axis = 0; axis < 3; axis++) {
    // Written so that NaN is caught as well.
    if (!(Math.abs(vector[axis]!) <= MAX_COORDINATE)) {
      return `${name} must have three finite numbers of at most ${MAX_COORDINATE}, not ${vector[axis]} for ${
        "xyz"[axis]
      }`;
    }
  }
  return undefined;
}
