import { add, cross, type Grid, length, normalize, scale, subtract, type Vec3 } from "../space/mod.ts";
import type { PictureCamera } from "./picture_camera.ts";
import type { PictureLook } from "./picture_look.ts";
import { toSceneSpace } from "./scene_space.ts";

/**
 * Everything about a picture but its scene, as `struct Picture` of `shaders/trace/shade.wgsl` has it: lengths in edges of
 * the world, points in the space of scenes, colours as numbers from 0 to 1. The ray of pixel (x, y), counted from the top
 * left, goes from `eye` along `corner + x * stepX + y * stepY`.
 */
export interface PictureView {
  readonly eye: Vec3;
  readonly widthPx: number;
  readonly corner: Vec3;
  readonly heightPx: number;
  readonly stepX: Vec3;
  /** Width of a cell that is drawn as a whole, by distance. */
  readonly coneSpread: number;
  readonly stepY: Vec3;
  /** Light from everywhere, 0 to 1. */
  readonly ambient: number;
  /** Unit vector towards the sun. */
  readonly sun: Vec3;
  /** Fog halves what is seen over 1 / `fog` edges of the world. */
  readonly fog: number;
  /** Half width and half height of the sun, seen from where its direction is a unit vector away. */
  readonly sunX: Vec3;
  readonly hasShadows: boolean;
  readonly sunY: Vec3;
  /** Unit vector. */
  readonly zenith: Vec3;
  readonly zenithColor: Vec3;
  readonly horizonColor: Vec3;
}

/** Eyes farther from the world's middle than this many of its edges are not for single precision. */
const SINGLE_PRECISION_EDGES = 256;

/**
 * Half of a colour is fog's after so many times the way to the world's middle at the earliest: a world that is looked at from
 * afar, through a long lens, is not lost in it.
 */
const LEAST_CLEAR_WAYS = 4;

/** What is shown and how, for a camera and a look without problems. */
export function createPictureView(grid: Grid, camera: PictureCamera, look: PictureLook): PictureView {
  const { widthPx, heightPx, fovY } = camera;
  const forward = normalize(subtract(camera.lookAt, camera.eye));
  const right = normalize(cross(forward, normalize(camera.up)));
  const down = cross(forward, right);
  const halfHeight = Math.tan(fovY / 2);
  const pixel = 2 * halfHeight / heightPx;
  const stepX = scale(right, pixel);
  const stepY = scale(down, pixel);
  const corner = add(forward, add(scale(stepX, (1 - widthPx) / 2), scale(stepY, (1 - heightPx) / 2)));
  const eye = toSceneSpace(grid, camera.eye);
  const way = length(subtract(eye, [1.5, 1.5, 1.5]));
  const sun = normalize(look.sun);
  const sunSide = normalize(cross(sun, Math.abs(sun[0]) < 0.5 ? [1, 0, 0] : [0, 1, 0]));
  return {
    eye,
    widthPx,
    corner,
    heightPx,
    stepX,
    coneSpread: look.detailPx * pixel,
    stepY,
    ambient: look.ambient,
    sun,
    fog: 1 / Math.max(look.fogHalfEdges, LEAST_CLEAR_WAYS * way),
    sunX: scale(sunSide, look.sunRadius),
    hasShadows: look.hasShadows,
    sunY: scale(cross(sun, sunSide), look.sunRadius),
    zenith: normalize(look.zenith),
    zenithColor: colorOf(look.zenithColor),
    horizonColor: colorOf(look.horizonColor),
  };
}

/** Whether single precision tells the rays of neighbouring pixels apart: not from too far away. */
export function fitsSinglePrecision({ eye }: PictureView): boolean {
  return eye.every((coordinate) => Math.abs(coordinate - 1.5) <= SINGLE_PRECISION_EDGES);
}

function colorOf(packed: number): Vec3 {
  return [(packed & 255) / 255, (packed >>> 8 & 255) / 255, (packed >>> 16 & 255) / 255];
}
