import { formatColor, visibleText } from "../protocol/mod.ts";
import { measurePoints, type ModelInfo, type ParsedModel } from "../sources/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import type { CliIo } from "./io.ts";
import { formatAmount, formatCount } from "./quantities.ts";

/** What is in a model file; printed as it is with `--json`. */
export interface ModelDescription {
  readonly file: string;
  readonly bytes: number;
  readonly format: ParsedModel["format"];
  readonly version: string;
  readonly encoding: string;
  /** Points in the file, and those that an import would place. */
  readonly points: { readonly in: number; readonly used: number };
  readonly dropped: ParsedModel["dropped"];
  /** Half-open box of the points with Y up, in the file's units; null without points. */
  readonly bounds: { readonly min: Vec3; readonly max: Vec3 } | null;
  readonly models: readonly ModelInfo[];
  readonly palette: readonly {
    readonly index: number;
    readonly color: string;
    readonly material: MaterialName;
    readonly voxels: number;
  }[];
  readonly attributes: ParsedModel["attributes"];
}

const MATERIALS = ["diffuse", "metal", "glass", "emit"] as const;
export type MaterialName = (typeof MATERIALS)[number];

export function describeModel(file: string, bytes: number, model: ParsedModel): ModelDescription {
  const { min, extent } = measurePoints(model.points);
  const max = extent.map((length, axis) => min[axis]! + length) as unknown as Vec3;
  return {
    file,
    bytes,
    format: model.format,
    version: model.version,
    encoding: model.encoding,
    points: { in: model.pointsIn, used: model.points.count },
    dropped: model.dropped,
    bounds: model.points.count === 0 ? null : { min, max },
    models: model.models,
    palette: model.palette.map(({ index, color, material, voxels }) => ({
      index,
      color: formatColor(color),
      material: MATERIALS[material] ?? "diffuse",
      voxels,
    })),
    attributes: model.attributes,
  };
}

/** The same for people; with swatches of the colours on a terminal. */
export function formatDescription(description: ModelDescription, io: CliIo): string {
  const { format, version, encoding, points, dropped, bounds } = description;
  const name = format === "vox" ? "MagicaVoxel" : "PLY";
  const lines = [
    `${description.file}: ${name} ${version}, ${encoding}, ${formatCount(description.bytes)} bytes`,
    row("points", `${formatCount(points.in)}, of which ${formatCount(points.used)} can be placed`),
    ...dropped.map(({ reason, count }) => row("dropped", `${formatCount(count)}: ${reason}`)),
    row("bounds", bounds === null ? "none" : `${formatBox(bounds)} (Y up)`),
  ];
  if (description.models.length > 0) lines.push(row("models", formatCount(description.models.length)));
  lines.push(...description.models.map(formatModel));
  if (description.palette.length > 0) {
    lines.push(row("palette", `${formatAmount(description.palette.length, "colour")} used`));
  }
  lines.push(...description.palette.map((entry) => formatPaletteEntry(entry, io.isTerminal)));
  lines.push(row(format === "vox" ? "chunks" : "attributes", formatCount(description.attributes.length)));
  for (const { name, type, used } of description.attributes) {
    lines.push(`    ${visibleText(name)}: ${type}${used ? "" : " (not used)"}`);
  }
  return `${lines.join("\n")}\n`;
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(10)} ${text}`;
}

function formatBox({ min, max }: NonNullable<ModelDescription["bounds"]>): string {
  const number = (value: number): string => String(Number(value.toPrecision(7)));
  const size = max.map((value, axis) => number(value - min[axis]!));
  return `${min.map(number).join(",")} to ${max.map(number).join(",")}, ${size.join(" x ")}`;
}

function formatModel({ name, size, voxels, instances }: ModelInfo, i: number): string {
  const shown = instances === 1 ? "" : instances === 0 ? ", not shown" : `, shown ${instances} times`;
  // Names come from the file: nothing in them may steer a terminal.
  const label = name === "" ? "" : ` "${name.replace(/[^\x20-\x7e\xa0-\xff]/g, "?").slice(0, 60)}"`;
  return `    ${i}${label}: ${size.join(" x ")}, ${formatAmount(voxels, "voxel")}${shown}`;
}

function formatPaletteEntry(entry: ModelDescription["palette"][number], isTerminal: boolean): string {
  const { index, color, material, voxels } = entry;
  const rgb = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).join(";");
  const swatch = isTerminal ? `\x1b[48;2;${rgb}m  \x1b[0m ` : "";
  return `    ${swatch}${color} index ${index}, ${material}, ${formatAmount(voxels, "voxel")}`;
}
