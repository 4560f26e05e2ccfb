const HEX_COLOR = /^#(?:[0-9a-f]{6}|[0-9a-f]{8})$/i;

/** Reads `#rrggbb` (opaque) or `#rrggbbaa` as RGBA8 packed `r | g<<8 | b<<16 | a<<24`; undefined for anything else. */
export function parseColor(text: string): number | undefined {
  if (!HEX_COLOR.test(text)) return undefined;
  const red = parseInt(text.slice(1, 3), 16);
  const green = parseInt(text.slice(3, 5), 16);
  const blue = parseInt(text.slice(5, 7), 16);
  const alpha = text.length === 9 ? parseInt(text.slice(7, 9), 16) : 255;
  return (red | (green << 8) | (blue << 16) | (alpha << 24)) >>> 0;
}

/** Writes a packed colour as `#rrggbb`, or as `#rrggbbaa` if it is not opaque: `parseColor` gives the same number back. */
export function formatColor(color: number): string {
  const alpha = color >>> 24;
  const rgb = "#" + hex(color & 255) + hex((color >>> 8) & 255) + hex((color >>> 16) & 255);
  return alpha === 255 ? rgb : rgb + hex(alpha);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
