import { ImportError, shown } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import {
  type AttributeInfo,
  DropCounter,
  type ParsedModel,
  type PointSet,
  PROGRESS_STRIDE,
  type ProgressListener,
} from "./parsed_model.ts";
import { AsciiRows } from "./ply_ascii.ts";
import { BinaryRows } from "./ply_binary.ts";
import { type PlyColors, plyColors } from "./ply_colors.ts";
import { type PlyElement, type PlyHeader, type PlyScalar, readPlyHeader } from "./ply_header.ts";
import { checkRows, type PlyRows, rowError } from "./ply_rows.ts";

const NOT_FINITE = "point with a coordinate that is no finite number";
const TRANSPARENT = "fully transparent point";

/** Types whose values fit f32 without loss; the rest needs f64. */
const FLOAT32_TYPES: ReadonlySet<PlyScalar> = new Set(["float32", "int8", "uint8", "int16", "uint16"]);

/**
 * Reads the vertices of a PLY file (text or binary of either byte order) as points: x, y, z of any type and, when there
 * are any, colours. Faces and other elements are walked over, wherever they stand, so that a file that is cut anywhere
 * is refused; their content is not used.
 *
 * Throws ImportError. Linear in the file's size.
 */
export function parsePly(
  bytes: Uint8Array,
  limits: ImportLimits,
  onProgress?: ProgressListener,
): ParsedModel {
  const header = readPlyHeader(bytes);
  const rows: PlyRows = header.encoding === "ascii"
    ? new AsciiRows(bytes, header.bodyOffset)
    : new BinaryRows(bytes, header.bodyOffset, header.encoding === "binary_little_endian");
  const dropped = new DropCounter();
  let points: PointSet | undefined;
  let pointsIn = 0;
  for (const element of header.elements) {
    checkRows(rows, element, bytes.length);
    if (element.name === "vertex") {
      points = readPoints(rows, element, limits, dropped, onProgress);
      pointsIn = element.count;
    } else rows.skip(element);
  }
  if (points === undefined) {
    throw new ImportError({
      code: "INVALID",
      format: ".ply",
      offset: header.bodyOffset,
      path: "header",
      expected: "an element vertex",
      found: `found ${header.elements.length} other elements`,
    });
  }
  return {
    format: "ply",
    version: header.version,
    encoding: header.encoding,
    points,
    pointsIn,
    dropped: dropped.list(),
    models: [],
    attributes: describeElements(header),
    palette: [],
    up: "y",
  };
}

function readPoints(
  rows: PlyRows,
  element: PlyElement,
  limits: ImportLimits,
  dropped: DropCounter,
  onProgress: ProgressListener | undefined,
): PointSet {
  if (element.count > limits.maxPoints) {
    throw rowError(
      "LIMIT",
      element,
      rows.offset,
      `at most ${limits.maxPoints} points`,
      `found ${element.count}`,
    );
  }
  const [x, y, z] = ["x", "y", "z"].map((name) => coordinate(rows, element, name)) as [
    number,
    number,
    number,
  ];
  const single = [x, y, z].every((i) => FLOAT32_TYPES.has(element.properties[i]!.type));
  const positions = single ? new Float32Array(element.count * 3) : new Float64Array(element.count * 3);
  const colors = new Uint32Array(element.count);
  const colorOf: PlyColors = plyColors(element);
  const row = new Float64Array(element.properties.length);
  let count = 0;
  let notFinite = 0;
  let transparent = 0;
  for (let i = 0; i < element.count; i++) {
    rows.readRow(element, row);
    if (i % PROGRESS_STRIDE === 0) onProgress?.("parse", i, element.count);
    positions[count * 3] = row[x]!;
    positions[count * 3 + 1] = row[y]!;
    positions[count * 3 + 2] = row[z]!;
    // Read back what was stored: a huge text number may have become infinite as f32.
    const sum = positions[count * 3]! * 0 + positions[count * 3 + 1]! * 0 + positions[count * 3 + 2]! * 0;
    if (sum !== 0) {
      notFinite++;
      continue;
    }
    const color = colorOf(row);
    if (color >>> 24 === 0) transparent++;
    else colors[count++] = color;
  }
  dropped.add(NOT_FINITE, notFinite);
  dropped.add(TRANSPARENT, transparent);
  onProgress?.("parse", element.count, element.count);
  return {
    count,
    positions: positions.subarray(0, count * 3),
    colors: colors.subarray(0, count),
    solid: false,
  };
}

function coordinate(rows: PlyRows, element: PlyElement, name: string): number {
  const index = element.properties.findIndex((property) => property.name === name);
  if (index < 0 || element.properties[index]!.countType !== undefined) {
    throw rowError("INVALID", element, rows.offset, `a property ${name} with one value`, "found none");
  }
  return index;
}

const USED_PROPERTIES = /^(x|y|z|(diffuse_)?(red|green|blue)|alpha)$/;

function describeElements(header: PlyHeader): AttributeInfo[] {
  return header.elements.slice(0, 64).flatMap((element) => {
    const isVertex = element.name === "vertex";
    const self = { name: shown(element.name), type: `${element.count} rows`, used: isVertex };
    return [
      self,
      ...element.properties.slice(0, 64).map(({ name, type, countType }) => ({
        name: `${shown(element.name)}.${shown(name)}`,
        type: countType === undefined ? type : `list of ${type}`,
        used: isVertex && countType === undefined && USED_PROPERTIES.test(name),
      })),
    ];
  });
}
