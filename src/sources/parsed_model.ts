/** What every file parser produces, whatever the format. */

export type ModelFormat = "vox" | "ply";
export type UpAxis = "y" | "z";

/** Points of a model in the file's own units. Right-handed, Y up once `turnUp` has run. */
export interface PointSet {
  readonly count: number;
  /** 3 x count. Voxels: whole numbers, the lowest corner of a cube of side 1. */
  readonly positions: Int32Array | Float32Array | Float64Array;
  /** RGBA8 packed r | g<<8 | b<<16 | a<<24; alpha is never 0. */
  readonly colors: Uint32Array;
  /** One byte a point; absent when all are 0. */
  readonly materials?: Uint8Array;
  /** Whether each point is a cube of side 1 (a voxel) rather than a place without size. */
  readonly solid: boolean;
}

/** Points that were left out, and why. */
export interface Dropped {
  readonly reason: string;
  readonly count: number;
}

/** One model inside a file, in the file's own axes. */
export interface ModelInfo {
  readonly name: string;
  readonly size: readonly [number, number, number];
  readonly voxels: number;
  /** How often the scene shows it; hidden instances are not counted. */
  readonly instances: number;
}

/** One attribute or element that the file declares, for `inspect`. */
export interface AttributeInfo {
  readonly name: string;
  readonly type: string;
  /** Whether the import makes use of it. */
  readonly used: boolean;
}

/** Palette entry with the number of voxels that show it. */
export interface PaletteUse {
  readonly index: number;
  readonly color: number;
  readonly material: number;
  readonly voxels: number;
}

export interface ParsedModel {
  readonly format: ModelFormat;
  /** The version that the file names: `150`, `200`, `1.0`. */
  readonly version: string;
  /** How the numbers are written: `binary`, `ascii`, `binary_little_endian`, `binary_big_endian`. */
  readonly encoding: string;
  readonly points: PointSet;
  /** Points met in the file; those of `points` plus those of `dropped`. */
  readonly pointsIn: number;
  readonly dropped: readonly Dropped[];
  readonly models: readonly ModelInfo[];
  readonly attributes: readonly AttributeInfo[];
  readonly palette: readonly PaletteUse[];
  /** The axis that points up by the habit of the format. */
  readonly up: UpAxis;
}

/** Told how far a phase is; `total` may be an estimate while files unpack. */
export type ProgressListener = (phase: ImportPhase, done: number, total: number) => void;
export type ImportPhase = "decode" | "parse" | "place";

/** Items between two calls of a progress listener. */
export const PROGRESS_STRIDE = 65_536;

/**
 * Turns Z-up points to Y-up in place: (x, z, -y), a rotation, so that what was left stays left. A voxel is a cube from
 * its corner upwards, so the far side of the turned axis becomes its new corner.
 */
export function turnUp(points: PointSet): void {
  const { positions, count } = points;
  const corner = points.solid ? 1 : 0;
  for (let i = 0; i < count * 3; i += 3) {
    const y = positions[i + 1]!;
    positions[i + 1] = positions[i + 2]!;
    positions[i + 2] = -y - corner;
  }
}

/** Counts by reason, kept in the order in which reasons first came up. */
export class DropCounter {
  readonly #counts = new Map<string, number>();

  add(reason: string, count: number = 1): void {
    if (count > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  list(): Dropped[] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }));
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }
}
