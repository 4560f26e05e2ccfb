import { invalidViewport, VoxcastError } from "../protocol/mod.ts";
import {
  type Bounds,
  cross,
  type Grid,
  length,
  normalize,
  scale,
  subtract,
  type Vec3,
} from "../space/mod.ts";
import { fitBounds, USUAL_FOV_Y, type Viewport, viewportProblem } from "../viewport/mod.ts";
import type { AskedCamera } from "./picture_request.ts";

/** Farthest eye from the world's middle, in edges of the world: beyond, the whole world is less than a pixel. */
const MAX_REACH_EDGES = 100_000;
/** Nearest that is looked at, in edges of the world: nothing is that near but what the eye is in. */
const NEAR_EDGES = 1e-9;
const UP: Vec3 = [0, 1, 0];
/** Up in a picture of somebody who looks straight down or up, and does not say. */
const UP_FROM_ABOVE: Vec3 = [0, 0, -1];
/** Sine of the angle below which a view is straight down or up. */
const STRAIGHT = 1e-6;

/**
 * The camera that is meant: what was not asked for is filled in, and how far it sees is set so that it sees the whole world.
 *
 * @param content what the world holds, if anything
 * @param aspectRatio width of the picture by its height
 * @throws {VoxcastError} INVALID_VIEWPORT, with the reason
 */
export function resolveCamera(
  { eye, lookAt, up, fovY = USUAL_FOV_Y }: AskedCamera,
  grid: Grid,
  content: Bounds | undefined,
  aspectRatio: number,
): Viewport {
  if ((eye === undefined) !== (lookAt === undefined)) {
    throw invalidViewport("a camera needs both 'eye' and 'lookAt', or neither to show all that there is");
  }
  const edge = grid.bounds.max[0] - grid.bounds.min[0];
  const lens = { fovY, aspectRatio, nearPlane: edge * NEAR_EDGES };
  const given = eye === undefined || lookAt === undefined ? undefined : { eye, target: lookAt };
  // A lens without an opening fits nothing: what is wrong with it is told below.
  const pose = given ?? fitBounds(content ?? grid.bounds, { ...lens, fovY: fovY > 0 ? fovY : USUAL_FOV_Y });
  const camera = { ...lens, eye: pose.eye, lookAt: pose.target, up: up ?? usualUp(pose.eye, pose.target) };
  const problem = viewportProblem({ ...camera, farPlane: 2 * lens.nearPlane });
  if (problem !== undefined) throw invalidViewport(problem);
  return { ...camera, farPlane: reachOf(grid, camera.eye) };
}

/**
 * A distance from an eye within which the whole world is.
 * @throws {VoxcastError} INVALID_VIEWPORT if that is too far
 */
export function reachOf({ bounds }: Grid, eye: Vec3): number {
  const diagonal = subtract(bounds.max, bounds.min);
  const middle = subtract(bounds.max, scale(diagonal, 0.5));
  const distance = length(subtract(eye, middle));
  if (!(distance <= MAX_REACH_EDGES * diagonal[0])) {
    throw invalidViewport(
      `the camera is too far away: at most ${MAX_REACH_EDGES} times the world's size of ${
        diagonal[0]
      } from its middle`,
    );
  }
  return distance + length(diagonal);
}

function usualUp(eye: Vec3, target: Vec3): Vec3 {
  const way = subtract(target, eye);
  const far = Math.max(...way.map(Math.abs));
  if (!(far > 0) || !Number.isFinite(far)) return UP;
  return length(cross(normalize(scale(way, 1 / far)), UP)) < STRAIGHT ? UP_FROM_ABOVE : UP;
}

/** @throws {VoxcastError} INVALID_FIELD */
export function requireLod(lod: number | undefined, { depth }: Grid): void {
  if (lod === undefined || (Number.isInteger(lod) && lod >= 0 && lod <= depth)) return;
  throw new VoxcastError("INVALID_FIELD", `lod: expected a whole number from 0 to ${depth}`);
}
