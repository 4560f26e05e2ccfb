import { VoxcastError } from "../protocol/mod.ts";
import type { PicturedView } from "../streaming/mod.ts";
import { DAYLIGHT, type PictureCamera } from "../trace/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { World } from "../world/mod.ts";
import { requireLod, resolveCamera } from "./asked_camera.ts";
import type { PictureRequest } from "./picture_request.ts";

/** Bounds of pictures, from the groups `snapshots` and `trace` of the configuration. */
export interface PictureLimits {
  readonly maxWidthPx: number;
  readonly maxHeightPx: number;
  readonly maxPicturePixels: number;
  readonly maxRegions: number;
}

/** A picture with everything decided that the request left open. */
export interface PlannedPicture {
  readonly kind: TreeKind;
  readonly camera: PictureCamera;
  readonly view: PicturedView;
  /** Whether regions may be coarser than the view says, for want of memory. */
  readonly mayCoarsen: boolean;
}

/** Pixels that an edge of a node may have before its region is shown finer: what is smaller cannot be seen. */
const MAX_ERROR_PX = 1;
/** Cells along an edge of a node at level of detail 0: tetrahedra are sixths of cubes of two. */
const NODE_CELLS: Readonly<Record<TreeKind, number>> = { esvo: 1, esvt: 2 };

/**
 * Decides what a picture shows.
 * @throws {VoxcastError} INVALID_FIELD for a size or a level of detail, INVALID_VIEWPORT for a camera
 */
export function planPicture(world: World, request: PictureRequest, limits: PictureLimits): PlannedPicture {
  const { widthPx, heightPx, lod } = request;
  requireSize("width", widthPx, limits.maxWidthPx);
  requireSize("height", heightPx, limits.maxHeightPx);
  if (widthPx * heightPx > limits.maxPicturePixels) {
    throw new VoxcastError(
      "INVALID_FIELD",
      `width, height: expected at most ${limits.maxPicturePixels} pixels, not ${widthPx} x ${heightPx}`,
    );
  }
  requireLod(lod, world.grid);
  const camera = resolveCamera(request, world.grid, world.contentBounds(), widthPx / heightPx);
  const { eye, lookAt, up, fovY } = camera;
  const kind = request.kind ?? world.kind;
  return {
    kind,
    camera: { eye, lookAt, up, fovY, widthPx, heightPx },
    view: {
      viewport: { ...camera, heightPx },
      detail: lod === undefined ? { maxErrorPx: MAX_ERROR_PX / NODE_CELLS[kind] } : { lod },
      maxRegions: limits.maxRegions,
      light: { direction: DAYLIGHT.sun, radius: DAYLIGHT.sunRadius },
    },
    mayCoarsen: lod === undefined,
  };
}

function requireSize(name: string, px: number, maxPx: number): void {
  if (Number.isInteger(px) && px >= 1 && px <= maxPx) return;
  throw new VoxcastError("INVALID_FIELD", `${name}: expected a whole number of pixels from 1 to ${maxPx}`);
}
