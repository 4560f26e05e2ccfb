import type { PlyElement, PlyScalar } from "./ply_header.ts";

/** Makes the packed RGBA8 colour of a row. */
export type PlyColors = (row: Float64Array) => number;

/** Colour of points whose file has none: a light grey on which shading shows. */
export const DEFAULT_POINT_COLOR = 0xffc8c8c8;

const CHANNELS: readonly (readonly string[])[] = [
  ["red", "diffuse_red"],
  ["green", "diffuse_green"],
  ["blue", "diffuse_blue"],
  ["alpha"],
];

/**
 * How to take colours from an element's rows. Bytes stand as they are; ushort is 0..65535 and float 0..1, both brought to
 * 0..255 by rounding half up; the other types hold 0..255. Values beyond are clamped. Without alpha a point is opaque,
 * without red, green and blue it has `DEFAULT_POINT_COLOR`.
 */
export function plyColors(element: PlyElement): PlyColors {
  const [red, green, blue, alpha] = CHANNELS.map((names) => channel(element, names));
  if (red === undefined || green === undefined || blue === undefined) return () => DEFAULT_POINT_COLOR;
  return (row) => {
    const a = alpha === undefined ? 255 : alpha(row);
    return (red(row) | (green(row) << 8) | (blue(row) << 16) | (a << 24)) >>> 0;
  };
}

function channel(element: PlyElement, names: readonly string[]): PlyColors | undefined {
  const index = element.properties.findIndex(({ name, countType }) =>
    countType === undefined && names.includes(name)
  );
  if (index < 0) return undefined;
  const scale = channelScale(element.properties[index]!.type);
  return (row) => toByte(row[index]! * scale);
}

function channelScale(type: PlyScalar): number {
  if (type === "float32" || type === "float64") return 255;
  return type === "uint16" ? 255 / 65535 : 1;
}

function toByte(value: number): number {
  if (!(value > 0)) return 0; // NaN too.
  return value >= 255 ? 255 : Math.floor(value + 0.5);
}
