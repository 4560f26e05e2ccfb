import type { ImportSummary } from "../sources/mod.ts";
import { formatAmount, formatCount, formatDuration } from "./quantities.ts";
import type { Uploaded } from "./upload.ts";

export interface ImportReport {
  readonly file: string;
  readonly world: string;
  readonly summary: ImportSummary;
  readonly uploaded: Uploaded;
  readonly elapsedMs: number;
}

/** What one import made, line by line. */
export function formatImportReport({ file, world, summary, uploaded, elapsedMs }: ImportReport): string {
  const { bounds, dropped } = summary;
  const losses = [
    ...dropped,
    ...(uploaded.refused === 0 ? [] : [{ reason: "cell that the server refused", count: uploaded.refused }]),
  ];
  const rate = summary.voxels / Math.max(elapsedMs, 1) * 1000;
  const lines: [string, string][] = [
    ["points in", `${formatCount(summary.pointsIn)} (${describeSource(summary)})`],
    ["voxels", `${formatCount(summary.voxels)} in ${formatAmount(summary.regions, "region")}`],
    ["bounds", bounds === undefined ? "none" : `${describeBounds(bounds)} cells`],
    ...(losses.length === 0 ? [["dropped", "none"] as [string, string]] : losses.map(
      (
        { reason, count },
        i,
      ): [string, string] => [i === 0 ? "dropped" : "", `${formatCount(count)}: ${reason}`],
    )),
    ["time", `${formatDuration(elapsedMs)} (${formatCount(Math.round(rate))} voxels/s)`],
    ...(uploaded.waits === 0
      ? []
      : [["waited", `${formatAmount(uploaded.waits, "time")} for a busy server`] as [string, string]]),
  ];
  const body = lines.map(([name, text]) => `  ${name.padEnd(10)} ${text}`);
  return [`${file}: imported into world "${world}"`, ...body, ""].join("\n");
}

function describeSource({ format, version, models }: ImportSummary): string {
  if (format === "ply") return `PLY ${version}, read as points`;
  return `MagicaVoxel ${version}, ${formatAmount(models, "model")} shown`;
}

function describeBounds({ min, max }: NonNullable<ImportSummary["bounds"]>): string {
  const size = max.map((value, axis) => value - min[axis]!);
  return `${min.join(",")} to ${max.join(",")}, ${size.join(" x ")}`;
}
