import type { ImportLimits } from "./import_limits.ts";
import { ImportError } from "./import_error.ts";
import {
  type AttributeInfo,
  DropCounter,
  type ModelInfo,
  type PaletteUse,
  type ParsedModel,
  type ProgressListener,
} from "./parsed_model.ts";
import { readVoxFile } from "./vox.ts";
import type { VoxFile } from "./vox_file.ts";
import { listInstances, type VoxInstance } from "./vox_scene.ts";

const UNUSED_MODEL = "model that the scene does not show";
const OUTSIDE_MODEL = "voxel outside its model's size";
const EMPTY_INDEX = "voxel with the empty colour index 0";

/** Chunks whose content ends up in the voxels. */
const USED_CHUNKS: ReadonlySet<string> = new Set(
  ["SIZE", "XYZI", "RGBA", "MATL", "MATT", "nTRN", "nGRP", "nSHP", "LAYR"],
);

/**
 * Reads a MagicaVoxel file and puts its scene together: every shown instance of every model, in the file's axes (Z up),
 * one point a voxel. Where instances overlap, their voxels share a position.
 *
 * Throws ImportError. Linear in the voxels of all shown instances.
 */
export function parseVox(
  bytes: Uint8Array,
  limits: ImportLimits,
  onProgress?: ProgressListener,
): ParsedModel {
  const file = readVoxFile(bytes, limits);
  const instances = listInstances(file, limits);
  const dropped = new DropCounter();
  const shown = instances.filter((instance) => instance.dropped === undefined);
  for (const { model, dropped: reason } of instances) {
    if (reason !== undefined) dropped.add(reason, file.models[model]!.count);
  }
  const met = new Set(instances.map((instance) => instance.model));
  file.models.forEach((model, i) => dropped.add(UNUSED_MODEL, met.has(i) ? 0 : model.count));
  const voxels = shown.reduce((sum, instance) => sum + file.models[instance.model]!.count, 0);
  if (voxels > limits.maxPoints) {
    throw new ImportError({
      code: "LIMIT",
      format: ".vox",
      path: "scene graph",
      expected: `at most ${limits.maxPoints} voxels`,
      found: `found ${voxels}`,
    });
  }
  const pointsIn = voxels + dropped.total;
  const placed = new VoxCollector(file, voxels, dropped);
  for (const instance of shown) {
    placed.add(instance);
    onProgress?.("parse", placed.visited, voxels);
  }
  return {
    format: "vox",
    version: String(file.version),
    encoding: "binary",
    points: placed.points(),
    pointsIn,
    dropped: dropped.list(),
    models: describeModels(file, shown),
    attributes: describeChunks(file),
    palette: placed.palette(),
    up: "z",
  };
}

/** Gathers the voxels of shown instances into one point set. */
class VoxCollector {
  visited = 0;
  readonly #file: VoxFile;
  readonly #dropped: DropCounter;
  readonly #positions: Int32Array;
  readonly #indices: Uint8Array;
  readonly #uses = new Float64Array(256);
  #count = 0;

  constructor(file: VoxFile, capacity: number, dropped: DropCounter) {
    this.#file = file;
    this.#dropped = dropped;
    this.#positions = new Int32Array(capacity * 3);
    this.#indices = new Uint8Array(capacity);
  }

  /**
   * MagicaVoxel turns a model around its cell floor(size / 2), through voxel centres: p' = floor(R (p + 1/2 - pivot) + t).
   * In doubled coordinates that is whole numbers: the doubled centre is odd, stays odd, and >> 1 is the floor.
   */
  add(instance: VoxInstance): void {
    const model = this.#file.models[instance.model]!;
    const { axes, signs, translation } = instance.transform;
    const centre = new Int32Array(3);
    const pivot = model.size.map((edge) => 2 * (edge >> 1) - 1);
    const positions = this.#positions;
    let at = this.#count;
    let outside = 0;
    let empty = 0;
    const { voxels, size } = model;
    for (let i = 0; i < model.count * 4; i += 4) {
      const index = voxels[i + 3]!;
      if (index === 0) {
        empty++;
        continue;
      }
      if (voxels[i]! >= size[0] || voxels[i + 1]! >= size[1] || voxels[i + 2]! >= size[2]) {
        outside++;
        continue;
      }
      for (let axis = 0; axis < 3; axis++) centre[axis] = 2 * voxels[i + axis]! - pivot[axis]!;
      for (let axis = 0; axis < 3; axis++) {
        positions[at * 3 + axis] = ((signs[axis]! * centre[axes[axis]!]!) >> 1) + translation[axis]!;
      }
      this.#indices[at++] = index;
      this.#uses[index]!++;
    }
    this.#count = at;
    this.#dropped.add(EMPTY_INDEX, empty);
    this.#dropped.add(OUTSIDE_MODEL, outside);
    this.visited += model.count;
  }

  points(): ParsedModel["points"] {
    const { palette, materials } = this.#file;
    const count = this.#count;
    const colors = new Uint32Array(count);
    for (let i = 0; i < count; i++) colors[i] = palette[this.#indices[i]!]!;
    const points = { count, positions: this.#positions.subarray(0, count * 3), colors, solid: true };
    if (!materials.some((material, index) => material !== 0 && this.#uses[index]! > 0)) return points;
    return {
      ...points,
      materials: Uint8Array.from(this.#indices.subarray(0, count), (index) => materials[index]!),
    };
  }

  palette(): PaletteUse[] {
    const { palette, materials } = this.#file;
    const uses: PaletteUse[] = [];
    for (let index = 1; index < 256; index++) {
      const voxels = this.#uses[index]!;
      if (voxels > 0) uses.push({ index, color: palette[index]!, material: materials[index]!, voxels });
    }
    return uses;
  }
}

function describeModels(file: VoxFile, shown: readonly VoxInstance[]): ModelInfo[] {
  const instances = new Uint32Array(file.models.length);
  for (const { model } of shown) instances[model]!++;
  const names = modelNames(file);
  return file.models.map((model, i) => ({
    name: names.get(i) ?? "",
    size: model.size,
    voxels: model.count,
    instances: instances[i]!,
  }));
}

/** A model has no name of its own; it goes by that of the first transform that shows it directly. */
function modelNames(file: VoxFile): Map<number, string> {
  const names = new Map<number, string>();
  for (const node of file.nodes.values()) {
    if (node.kind !== "transform" || node.name === "") continue;
    const shape = file.nodes.get(node.child);
    const model = shape?.kind === "shape" ? shape.models[0] : undefined;
    if (model !== undefined && !names.has(model)) names.set(model, node.name);
  }
  return names;
}

function describeChunks(file: VoxFile): AttributeInfo[] {
  return [...file.chunks].slice(0, 64).map(([name, count]) => ({
    name,
    type: count === 1 ? "1 chunk" : `${count} chunks`,
    used: USED_CHUNKS.has(name),
  }));
}
