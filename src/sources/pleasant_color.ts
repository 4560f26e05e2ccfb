import type { Random } from "../observe/mod.ts";

/** A warm to cool colour of even brightness: hue by chance, saturation and lightness in a narrow band. RGBA8, opaque. */
export function pleasantColor(random: Random): number {
  const hue = random() * 360;
  const saturation = 0.65 + 0.2 * random();
  const lightness = 0.55 + 0.1 * random();
  const red = channel(hue, saturation, lightness, 0);
  const green = channel(hue, saturation, lightness, 8);
  const blue = channel(hue, saturation, lightness, 4);
  return (red | (green << 8) | (blue << 16) | 0xff000000) >>> 0;
}

/** HSL to RGB in the form of CSS Color 4, section 7.1. */
function channel(hue: number, saturation: number, lightness: number, n: number): number {
  const k = (n + hue / 30) % 12;
  const amount = saturation * Math.min(lightness, 1 - lightness);
  return Math.round(255 * (lightness - amount * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
}
