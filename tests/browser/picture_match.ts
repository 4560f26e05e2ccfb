import type { Viewport } from "../../src/viewport/mod.ts";
import { type Picture, pixel, type Rgb } from "./picture.ts";
import { type Cells, type Hit, seenAt } from "./voxel_eye.ts";

/** How well a picture shows the cells that it should. */
export interface Match {
  /** Looked-at pixels on which a cell is to be seen, and on which none is. */
  readonly onCells: number;
  readonly onSky: number;
  /** Shares, 0 to 1, of those that are as they should be. */
  readonly rightCells: number;
  readonly rightSky: number;
}

/** Light on each face (-x, +x, -y, +y, -z, +z), as the page's shader has it. */
const LIGHT = [0.62, 0.82, 0.45, 1, 0.55, 0.9];
/** Nooks and seams between voxels are darker than an open face, down to this share. */
const DARKEST = 0.52 * 0.84;
/** Channels may be off by rounding. */
const TOLERANCE = 5;
/** Distance of the pixels that are looked at. */
const STRIDE = 5;

/** Compares a screenshot with what an independent eye sees through every few pixels. */
export function matchPicture(picture: Picture, cells: Cells, view: Viewport): Match {
  const counts = { onCells: 0, onSky: 0, rightCells: 0, rightSky: 0 };
  for (let y = 2; y < picture.height; y += STRIDE) {
    for (let x = 2; x < picture.width; x += STRIDE) {
      const hit = seenAt(cells, view, picture, x, y);
      const color = pixel(picture, x, y);
      if (hit === undefined) {
        counts.onSky++;
        if (isBackground(color)) counts.rightSky++;
      } else {
        counts.onCells++;
        if (isLitFace(color, hit)) counts.rightCells++;
      }
    }
  }
  return {
    ...counts,
    rightCells: counts.rightCells / counts.onCells,
    rightSky: counts.rightSky / counts.onSky,
  };
}

/** Whether a colour is the cell's under the light of that face: the same hue, and no brighter or darker than allowed. */
function isLitFace(seen: Rgb, { color, face }: Hit): boolean {
  const own: Rgb = [color & 255, (color >> 8) & 255, (color >> 16) & 255];
  const light = dot(seen, own) / dot(own, own);
  const isSameHue = own.every((channel, i) => Math.abs(seen[i]! - light * channel) <= TOLERANCE);
  const slack = TOLERANCE / Math.max(...own);
  return isSameHue && light <= LIGHT[face]! + slack && light >= LIGHT[face]! * DARKEST - slack;
}

/** Sky and floor are dark and blue. */
function isBackground([red, green, blue]: Rgb): boolean {
  return blue >= green && green >= red && blue < 110;
}

function dot(a: Rgb, b: Rgb): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
