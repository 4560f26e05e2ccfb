import { MAX_COORDINATE, type Vec3 } from "../space/mod.ts";

/** A client's camera: positions in world units, the vertical opening in radians, right-handed. */
export interface Viewport {
  readonly eye: Vec3;
  readonly lookAt: Vec3;
  readonly up: Vec3;
  readonly fovY: number;
  readonly aspectRatio: number;
  readonly nearPlane: number;
  readonly farPlane: number;
  /** Height of the picture in pixels, for errors on the screen; absent means 1080. */
  readonly heightPx?: number;
}

/** Tallest picture that a client may have. */
const MAX_HEIGHT_PX = 16384;
/** Directions down to this length can be squared without losing digits. */
const SMALLEST = 1e-50;
/** Sine of the angle below which `up` gives no usable right hand; orbit controls stop at about 1e-6. */
const LEAST_SINE = 1e-9;

/**
 * Says what makes a camera unusable, in words fit for its sender, or undefined if nothing does. A camera without
 * problems has a frustum of finite planes.
 */
export function viewportProblem(v: Viewport): string | undefined {
  return vectorProblem("eye", v.eye) ?? vectorProblem("lookAt", v.lookAt) ?? vectorProblem("up", v.up) ??
    lensProblem(v) ?? directionProblem(v);
}

function vectorProblem(name: string, v: Vec3): string | undefined {
  for (let axis = 0; axis < 3; axis++) {
    // Written so that NaN is caught as well.
    if (!(Math.abs(v[axis]!) <= MAX_COORDINATE)) {
      return `${name} must have three finite numbers of at most ${MAX_COORDINATE}, not ${v[axis]} for ${
        "xyz"[axis]
      }`;
    }
  }
  return undefined;
}

function lensProblem(v: Viewport): string | undefined {
  if (!(v.fovY > 0 && v.fovY < Math.PI)) return `fovY must be between 0 and pi radians, not ${v.fovY}`;
  if (!(v.aspectRatio > 0 && v.aspectRatio <= MAX_COORDINATE)) {
    return `aspectRatio must be a finite number above 0, not ${v.aspectRatio}`;
  }
  if (!(v.nearPlane > 0 && v.nearPlane <= MAX_COORDINATE)) {
    return `nearPlane must be a finite number above 0, not ${v.nearPlane}`;
  }
  if (!(v.farPlane > v.nearPlane && v.farPlane <= MAX_COORDINATE)) {
    return `farPlane must be a finite number above nearPlane (${v.nearPlane}), not ${v.farPlane}`;
  }
  const { heightPx } = v;
  if (heightPx === undefined) return undefined;
  const isHeight = Number.isInteger(heightPx) && heightPx >= 1 && heightPx <= MAX_HEIGHT_PX;
  return isHeight ? undefined : `heightPx must be a whole number from 1 to ${MAX_HEIGHT_PX}, not ${heightPx}`;
}

function directionProblem(v: Viewport): string | undefined {
  const fx = v.lookAt[0] - v.eye[0];
  const fy = v.lookAt[1] - v.eye[1];
  const fz = v.lookAt[2] - v.eye[2];
  const forward = Math.sqrt(fx * fx + fy * fy + fz * fz);
  if (!(forward >= SMALLEST)) return "eye and lookAt must be different points";
  const [ux, uy, uz] = v.up;
  const up = Math.sqrt(ux * ux + uy * uy + uz * uz);
  if (!(up >= SMALLEST)) return "up must not be zero";
  const rx = fy * uz - fz * uy;
  const ry = fz * ux - fx * uz;
  const rz = fx * uy - fy * ux;
  const sine = Math.sqrt(rx * rx + ry * ry + rz * rz) / forward / up;
  return sine >= LEAST_SINE ? undefined : "up must not be parallel to the line from eye to lookAt";
}
