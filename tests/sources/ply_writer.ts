/** Writes small PLY files for tests, independent of the reader. */
import { join, text } from "./vox_writer.ts";

export type Encoding = "ascii" | "binary_little_endian" | "binary_big_endian";
type Setter =
  | "setInt8"
  | "setUint8"
  | "setInt16"
  | "setUint16"
  | "setInt32"
  | "setUint32"
  | "setFloat32"
  | "setFloat64";

const TYPES: Readonly<Record<string, readonly [number, Setter]>> = {
  char: [1, "setInt8"],
  uchar: [1, "setUint8"],
  short: [2, "setInt16"],
  ushort: [2, "setUint16"],
  int: [4, "setInt32"],
  uint: [4, "setUint32"],
  float: [4, "setFloat32"],
  double: [8, "setFloat64"],
};

/** A column: `float x` or `list uchar int vertex_indices`. */
export interface Element {
  readonly name: string;
  readonly properties: readonly string[];
  /** A row has a number for each property, or the list's numbers. */
  readonly rows: readonly (readonly (number | readonly number[])[])[];
}

export function plyFile(
  encoding: Encoding,
  elements: readonly Element[],
  lineEnd: string = "\n",
): Uint8Array<ArrayBuffer> {
  const head = ["ply", `format ${encoding} 1.0`, "comment made for a test"];
  for (const { name, properties, rows } of elements) {
    head.push(`element ${name} ${rows.length}`, ...properties.map((property) => `property ${property}`));
  }
  const body = elements.flatMap(({ properties, rows }) =>
    rows.map((row) => writeRow(encoding, properties, row, lineEnd))
  );
  return join(text([...head, "end_header", ""].join(lineEnd)), ...body);
}

function writeRow(
  encoding: Encoding,
  properties: readonly string[],
  row: Element["rows"][number],
  lineEnd: string,
): Uint8Array {
  const cells = row.flatMap((value, i) => {
    const words = properties[i]!.split(" ");
    return typeof value === "number"
      ? [[words[0]!, value] as const]
      : [[words[1]!, value.length] as const, ...value.map((item) => [words[2]!, item] as const)];
  });
  if (encoding === "ascii") return text(cells.map(([, value]) => String(value)).join(" ") + lineEnd);
  return join(...cells.map(([type, value]) => {
    const [size, setter] = TYPES[type]!;
    const bytes = new Uint8Array(size);
    new DataView(bytes.buffer)[setter](0, value, encoding === "binary_little_endian");
    return bytes;
  }));
}

/** A vertex element of plain points. */
export function points(rows: readonly (readonly number[])[], type: string = "float"): Element {
  return { name: "vertex", properties: [`${type} x`, `${type} y`, `${type} z`], rows };
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
