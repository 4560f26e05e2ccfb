import { add, length, scale, type Vec3 } from "../space/mod.ts";
import { Hit, Ray, type Scene, traceScene } from "../tree/mod.ts";
import type { Band } from "./band.ts";
import type { PictureView } from "./picture_view.ts";
import {
  faceLight,
  hitNormal,
  packRgb,
  pixelHash,
  shadowGap,
  skyColor,
  throughFog,
  towardsSun,
  unpackRgb,
} from "./shade.ts";

/** Draws on the CPU: the twin, in doubles, of `shaders/trace/picture.wgsl`. */
export class CpuPicture {
  readonly #scene: Scene;
  readonly #view: PictureView;
  readonly #ray = new Ray();
  readonly #hit = new Hit();

  constructor(scene: Scene, view: PictureView) {
    this.#scene = scene;
    this.#view = view;
  }

  /** The pixels of a band, RGBA8 a word, row by row. */
  band({ firstRow, rows }: Band): Uint32Array<ArrayBuffer> {
    const { widthPx } = this.#view;
    const pixels = new Uint32Array(widthPx * rows);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = packRgb(this.rayColor(i % widthPx, firstRow + Math.floor(i / widthPx)));
    }
    return pixels;
  }

  /** What a pixel's ray sees. */
  rayColor(x: number, y: number): Vec3 {
    const view = this.#view;
    const direction = pixelDirection(view, x, y);
    this.#aim(view.eye, direction);
    this.#ray.coneSize = 0;
    this.#ray.coneSpread = view.coneSpread;
    const hit = this.#hit;
    if (!traceScene(this.#scene, this.#ray, hit)) return skyColor(view, direction);
    const { t } = hit;
    const color = unpackRgb(this.#scene.colors[hit.node]!);
    const normal = hitNormal(hit, direction);
    const gap = shadowGap(hit, t);
    const point = add(add(view.eye, scale(direction, t)), scale(normal, gap));
    const sunShare = this.#sunShare(point, normal, t, pixelHash(x, y));
    return throughFog(view, scale(color, faceLight(view, normal, sunShare)), t);
  }

  /** Whether a point sees the sun: 1 or 0. Uses up the hit. */
  #sunShare(point: Vec3, normal: Vec3, t: number, hash: number): number {
    const view = this.#view;
    const towards = towardsSun(view, hash);
    // A face that turns away has no light to lose.
    if (!view.hasShadows || towards[0] * normal[0] + towards[1] * normal[1] + towards[2] * normal[2] <= 0) {
      return 1;
    }
    this.#aim(point, towards);
    // As coarse as what the eye sees there, so that nodes drawn as a whole shade as a whole.
    this.#ray.coneSize = view.coneSpread * t;
    this.#ray.coneSpread = 0;
    return traceScene(this.#scene, this.#ray, this.#hit) ? 0 : 1;
  }

  #aim(origin: Vec3, direction: Vec3): void {
    const ray = this.#ray;
    [ray.ox, ray.oy, ray.oz] = origin;
    [ray.dx, ray.dy, ray.dz] = direction;
  }
}

/** Unit vector through the middle of a pixel, counted from the top left. */
export function pixelDirection({ corner, stepX, stepY }: PictureView, x: number, y: number): Vec3 {
  const direction = add(corner, add(scale(stepX, x), scale(stepY, y)));
  return scale(direction, 1 / length(direction));
}
