import { PNG } from "pngjs";

/** A colour of three channels, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Pixels of a screenshot. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly data: Uint8Array;
}

/** Reads a PNG. */
export function readPicture(png: Uint8Array): Picture {
  return PNG.sync.read(png) as Picture;
}

/** The colour of a pixel. */
export function pixel({ width, data }: Picture, x: number, y: number): Rgb {
  const at = 4 * (x + width * y);
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

/** Share of the pixels, 0 to 1, that differ by more than `tolerance` in some channel. */
export function difference(a: Picture, b: Picture, tolerance: number): number {
  let different = 0;
  for (let at = 0; at < a.data.length; at += 4) {
    const isSame = [0, 1, 2].every((channel) =>
      Math.abs(a.data[at + channel]! - b.data[at + channel]!) <= tolerance
    );
    if (!isSame) different++;
  }
  return different / (a.width * a.height);
}
