import { ImportError, shown } from "./import_error.ts";

export type PlyScalar = "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "float32" | "float64";
export type PlyEncoding = "ascii" | "binary_little_endian" | "binary_big_endian";

/** Bytes of each scalar type. */
export const SCALAR_BYTES: Readonly<Record<PlyScalar, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
};

/** A property: one value a row, or a list whose length comes first. */
export interface PlyProperty {
  readonly name: string;
  readonly type: PlyScalar;
  /** Type of the length; absent for a single value. */
  readonly countType?: PlyScalar;
}

export interface PlyElement {
  readonly name: string;
  readonly count: number;
  readonly properties: readonly PlyProperty[];
}

export interface PlyHeader {
  readonly encoding: PlyEncoding;
  readonly version: string;
  readonly elements: readonly PlyElement[];
  /** Offset of the first byte after the header. */
  readonly bodyOffset: number;
}

/** Longest header that is read. Real ones have a few hundred bytes. */
const MAX_HEADER_BYTES = 65_536;

const TYPE_NAMES: Readonly<Record<string, PlyScalar>> = {
  char: "int8",
  uchar: "uint8",
  short: "int16",
  ushort: "uint16",
  int: "int32",
  uint: "uint32",
  float: "float32",
  double: "float64",
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  uint16: "uint16",
  int32: "int32",
  uint32: "uint32",
  float32: "float32",
  float64: "float64",
};

const ENCODINGS: readonly PlyEncoding[] = ["ascii", "binary_little_endian", "binary_big_endian"];

interface Line {
  readonly text: string;
  readonly offset: number;
}

/** Reads a PLY header: `ply`, `format`, `comment`, `obj_info`, `element`, `property`, `end_header`. Throws ImportError. */
export function readPlyHeader(bytes: Uint8Array): PlyHeader {
  const lines = new HeaderLines(bytes);
  const magic = lines.next();
  if (magic.text !== "ply") throw problem("UNSUPPORTED_FORMAT", magic, '"ply"');
  const format = readFormat(lines.next());
  const elements: PlyElement[] = [];
  let properties: PlyProperty[] = [];
  for (let line = lines.next(); line.text !== "end_header"; line = lines.next()) {
    const words = line.text.split(/\s+/);
    switch (words[0]) {
      case "comment":
      case "obj_info":
        break;
      case "element":
        properties = [];
        elements.push({ ...readElement(line, words, elements), properties });
        break;
      case "property":
        if (elements.length === 0) throw problem("INVALID", line, "an element before its properties");
        properties.push(readProperty(line, words, properties));
        break;
      default:
        throw problem("INVALID", line, "a line with element, property, comment or end_header");
    }
  }
  return { ...format, elements, bodyOffset: lines.offset };
}

function readFormat(line: Line): Pick<PlyHeader, "encoding" | "version"> {
  const [word, name, version, ...rest] = line.text.split(/\s+/);
  const encoding = ENCODINGS.find((known) => known === name);
  if (word !== "format" || encoding === undefined || version !== "1.0" || rest.length > 0) {
    throw problem("UNSUPPORTED_FORMAT", line, `"format" with ${ENCODINGS.join(", ")} and version 1.0`);
  }
  return { encoding, version };
}

function readElement(
  line: Line,
  words: readonly string[],
  before: readonly PlyElement[],
): Omit<PlyElement, "properties"> {
  const [, name, count] = words;
  if (words.length !== 3 || !/^\d{1,15}$/.test(count!)) {
    throw problem("INVALID", line, "an element's name and a whole number from 0");
  }
  if (before.some((element) => element.name === name)) {
    throw problem("INVALID", line, "an element name of its own");
  }
  return { name: name!, count: Number(count) };
}

function readProperty(line: Line, words: readonly string[], before: readonly PlyProperty[]): PlyProperty {
  const isList = words[1] === "list";
  const type = TYPE_NAMES[words[isList ? 3 : 1] ?? ""];
  const countType = isList ? TYPE_NAMES[words[2] ?? ""] : undefined;
  const name = words[isList ? 4 : 2];
  if (type === undefined || name === undefined || words.length !== (isList ? 5 : 3)) {
    throw problem("INVALID", line, "a property's type and name");
  }
  if (isList && (countType === undefined || countType.startsWith("float"))) {
    throw problem("INVALID", line, "a list's length in a whole-number type");
  }
  if (before.some((property) => property.name === name)) {
    throw problem("INVALID", line, "a property name of its own");
  }
  return countType === undefined ? { name, type } : { name, type, countType };
}

/** Lines of the header, whether they end in LF, CR LF or CR; the first one tells which. */
class HeaderLines {
  offset = 0;
  readonly #bytes: Uint8Array;
  #end = 10;
  #endBytes = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    if (bytes[3] === 13) {
      this.#endBytes = bytes[4] === 10 ? 2 : 1;
      this.#end = 13;
    }
  }

  next(): Line {
    const offset = this.offset;
    const limit = Math.min(this.#bytes.length, MAX_HEADER_BYTES);
    let end = offset;
    let text = "";
    while (end < limit && this.#bytes[end] !== this.#end) text += String.fromCharCode(this.#bytes[end++]!);
    if (end >= limit) {
      const tooLong = end >= MAX_HEADER_BYTES;
      throw new ImportError({
        code: tooLong ? "LIMIT" : "TRUNCATED",
        format: ".ply",
        offset: end,
        path: "header",
        expected: tooLong ? `a header of at most ${MAX_HEADER_BYTES} bytes` : '"end_header" and a line end',
        found: tooLong ? "found no end of it" : "the file ends",
      });
    }
    this.offset = end + this.#endBytes;
    return { text: text.trim(), offset };
  }
}

function problem(code: "INVALID" | "UNSUPPORTED_FORMAT", line: Line, expected: string): ImportError {
  return new ImportError({
    code,
    format: ".ply",
    offset: line.offset,
    path: "header",
    expected,
    found: `found "${shown(line.text)}"`,
  });
}
