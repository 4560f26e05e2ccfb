/** Writes small MagicaVoxel files for tests, independent of the reader. */

type Dictionary = Readonly<Record<string, string>>;

/** One voxel: x, y, z, colour index. */
export type VoxVoxel = readonly [x: number, y: number, z: number, index: number];

export function int32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setInt32(i * 4, value, true));
  return bytes;
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function text(value: string): Uint8Array {
  return Uint8Array.from(value, (char) => char.charCodeAt(0));
}

export function dictionary(entries: Dictionary): Uint8Array {
  const pairs = Object.entries(entries);
  const parts = pairs.flat().map((value) => join(int32(value.length), text(value)));
  return join(int32(pairs.length), ...parts);
}

export function chunk(
  tag: string,
  content: Uint8Array,
  children: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return join(text(tag), int32(content.length, children.length), content, children);
}

export function voxFile(version: number, ...chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(text("VOX "), int32(version), chunk("MAIN", new Uint8Array(0), join(...chunks)));
}

export function model(size: readonly [number, number, number], voxels: readonly VoxVoxel[]): Uint8Array {
  return join(
    chunk("SIZE", int32(...size)),
    chunk("XYZI", join(int32(voxels.length), Uint8Array.from(voxels.flat()))),
  );
}

export function transform(
  id: number,
  child: number,
  frame: Dictionary = {},
  options: { readonly attributes?: Dictionary; readonly layer?: number } = {},
): Uint8Array {
  const attributes = dictionary(options.attributes ?? {});
  return chunk(
    "nTRN",
    join(int32(id), attributes, int32(child, -1, options.layer ?? -1, 1), dictionary(frame)),
  );
}

export function group(id: number, children: readonly number[], attributes: Dictionary = {}): Uint8Array {
  return chunk("nGRP", join(int32(id), dictionary(attributes), int32(children.length, ...children)));
}

export function shape(id: number, models: readonly number[], frames: readonly Dictionary[] = []): Uint8Array {
  const shown = models.map((at, i) => join(int32(at), dictionary(frames[i] ?? {})));
  return chunk("nSHP", join(int32(id), dictionary({}), int32(models.length), ...shown));
}

export function layer(id: number, attributes: Dictionary): Uint8Array {
  return chunk("LAYR", join(int32(id), dictionary(attributes), int32(-1)));
}

export function material(id: number, type: string): Uint8Array {
  return chunk("MATL", join(int32(id), dictionary({ _type: type })));
}

/** RGBA chunk of 256 packed colours; entry i is the colour of index i + 1. */
export function palette(colors: readonly number[]): Uint8Array {
  return chunk("RGBA", int32(...Array.from({ length: 256 }, (_, i) => colors[i] ?? 0xff000000)));
}

/** Chunks inside MAIN as they follow each other: tag, and offset and length of the content. */
export function listChunks(
  bytes: Uint8Array,
): { readonly tag: string; readonly offset: number; readonly length: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const chunks = [];
  for (let at = 20; at < bytes.length;) {
    const tag = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getInt32(at + 4, true);
    chunks.push({ tag, offset: at + 12, length });
    at += 12 + length;
  }
  return chunks;
}
