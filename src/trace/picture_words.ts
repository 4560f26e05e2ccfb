import type { Vec3 } from "../space/mod.ts";
import type { Band } from "./band.ts";
import type { PictureView } from "./picture_view.ts";

/** Words of `struct Picture` of `shaders/trace/shade.wgsl`. */
export const PICTURE_WORDS = 40;

/** Where its fields are, in words. */
export const PICTURE_FIELDS = {
  eye: 0,
  width: 3,
  corner: 4,
  first_row: 7,
  step_x: 8,
  rows: 11,
  step_y: 12,
  cone_spread: 15,
  sun: 16,
  has_shadows: 19,
  sun_x: 20,
  ambient: 23,
  sun_y: 24,
  fog: 27,
  zenith: 28,
  zenith_color: 32,
  horizon_color: 36,
} as const;

/** The struct for a band of a picture, as the device reads it. */
export function pictureWords(view: PictureView, band: Band): Uint32Array {
  const words = new Uint32Array(PICTURE_WORDS);
  const floats = new Float32Array(words.buffer);
  const at = PICTURE_FIELDS;
  const setVector = (word: number, vector: Vec3) => floats.set(vector, word);
  setVector(at.eye, view.eye);
  setVector(at.corner, view.corner);
  setVector(at.step_x, view.stepX);
  setVector(at.step_y, view.stepY);
  setVector(at.sun, view.sun);
  setVector(at.sun_x, view.sunX);
  setVector(at.sun_y, view.sunY);
  setVector(at.zenith, view.zenith);
  setVector(at.zenith_color, view.zenithColor);
  setVector(at.horizon_color, view.horizonColor);
  floats[at.cone_spread] = view.coneSpread;
  floats[at.ambient] = view.ambient;
  floats[at.fog] = view.fog;
  words[at.width] = view.widthPx;
  words[at.first_row] = band.firstRow;
  words[at.rows] = band.rows;
  words[at.has_shadows] = view.hasShadows ? 1 : 0;
  return words;
}
