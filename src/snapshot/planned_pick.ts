import { VoxcastError } from "../protocol/mod.ts";
import { add, cross, type Grid, normalize, scale, subtract } from "../space/mod.ts";
import type { PicturedView } from "../streaming/mod.ts";
import type { PickRay } from "../trace/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import type { World } from "../world/mod.ts";
import { reachOf, requireLod, resolveCamera } from "./asked_camera.ts";
import type { PickRequest, PointRequest, RayRequest } from "./pick_request.ts";

/** A pick with everything decided that the request left open. */
export interface PlannedPick {
  readonly kind: TreeKind;
  readonly ray: PickRay;
  /** A view of little more than the ray: what it may meet. */
  readonly view: PicturedView;
  /** Whether regions may be coarser than the view says, for want of memory. */
  readonly mayCoarsen: boolean;
}

/** Width by height of a picture whose size is not told. */
const USUAL_ASPECT = 16 / 9;
/** Opening of the view around a ray, in radians: narrow, so that few regions are in it, and wide against rounding. */
const RAY_FOV = 1e-3;
/** How far behind the ray's origin the view begins, in edges of the world: what only touches the origin is met, too. */
const BEHIND_EDGES = 1e-6;
/** Directions down to this length can be squared without losing digits. */
const LEAST_LENGTH = 1e-50;

/**
 * Decides which ray is meant, and which regions it may meet.
 * @throws {VoxcastError} INVALID_FIELD, INVALID_VIEWPORT
 */
export function planPick(world: World, request: PickRequest, maxRegions: number): PlannedPick {
  const { grid } = world;
  const { lod } = request;
  requireLod(lod, grid);
  const { origin, direction } = "origin" in request ? givenRay(request) : pointRay(world, request);
  const reach = reachOf(grid, origin);
  const { maxDistance = reach } = request;
  if (!(maxDistance > 0)) throw new VoxcastError("INVALID_FIELD", "maxDistance: expected a number above 0");
  return {
    kind: request.kind ?? world.kind,
    ray: { origin, direction, maxDistance: Math.min(maxDistance, reach) },
    view: {
      viewport: rayView(grid, { origin, direction }, Math.min(maxDistance, reach), reach),
      detail: { lod: lod ?? 0 },
      maxRegions,
    },
    mayCoarsen: lod === undefined,
  };
}

function givenRay({ origin, direction }: RayRequest): RayRequest {
  if (![...origin, ...direction].every(Number.isFinite)) {
    throw new VoxcastError("INVALID_FIELD", "origin, direction: expected finite numbers");
  }
  const longest = Math.max(...direction.map(Math.abs));
  if (!(longest >= LEAST_LENGTH)) {
    throw new VoxcastError("INVALID_FIELD", "direction: expected one of some length, not 0,0,0");
  }
  return { origin, direction: normalize(scale(direction, 1 / longest)) };
}

/** The ray through a point of the picture that the same camera gives. */
function pointRay(world: World, request: PointRequest): RayRequest {
  const { x, y, width, height } = request;
  if ((width === undefined) !== (height === undefined)) {
    throw new VoxcastError(
      "INVALID_FIELD",
      "width, height: expected both, with x and y in pixels, or neither",
    );
  }
  requireWithin("x", x, width);
  requireWithin("y", y, height);
  const aspect = width === undefined ? USUAL_ASPECT : width / height!;
  const camera = resolveCamera(request, world.grid, world.contentBounds(), aspect);
  const forward = normalize(subtract(camera.lookAt, camera.eye));
  const right = normalize(cross(forward, normalize(camera.up)));
  const down = cross(forward, right);
  const halfHeight = Math.tan(camera.fovY / 2);
  const across = (2 * (x / (width ?? 1)) - 1) * halfHeight * aspect;
  const along = (2 * (y / (height ?? 1)) - 1) * halfHeight;
  const direction = add(forward, add(scale(right, across), scale(down, along)));
  return { origin: camera.eye, direction: normalize(direction) };
}

function requireWithin(name: string, value: number, size: number | undefined): void {
  if (value >= 0 && value <= (size ?? 1)) return;
  const range = size === undefined ? "0 to 1, as no width and height are given" : `0 to ${size} pixels`;
  throw new VoxcastError("INVALID_FIELD", `${name}: expected a number from ${range}`);
}

function rayView(
  { bounds }: Grid,
  { origin, direction }: RayRequest,
  farPlane: number,
  reach: number,
): Viewport {
  const least = direction.map(Math.abs);
  const axis = least.indexOf(Math.min(...least));
  const edge = bounds.max[0] - bounds.min[0];
  const behind = edge * BEHIND_EDGES;
  const eye = subtract(origin, scale(direction, behind));
  return {
    eye,
    // As far away as the world is large, so that large coordinates do not swallow the direction.
    lookAt: add(eye, scale(direction, reach)),
    up: [axis === 0 ? 1 : 0, axis === 1 ? 1 : 0, axis === 2 ? 1 : 0],
    fovY: RAY_FOV,
    aspectRatio: 1,
    nearPlane: behind / 2,
    farPlane: behind + farPlane,
  };
}
