import type { Bounds, Vec3 } from "../space/mod.ts";
import type { VoxelCells } from "../world/mod.ts";

/** Distinct colours are counted up to this many. */
export const MAX_COUNTED_COLORS = 65_536;

/** Cuts a run of voxels into patches of at most so many cells, and keeps count of what went through. */
export class PatchWriter {
  readonly #maxCells: number;
  readonly #patches: VoxelCells[] = [];
  readonly #colorsSeen = new Set<number>();
  readonly #low = [Infinity, Infinity, Infinity];
  readonly #high = [-1, -1, -1];
  #positions: Uint32Array;
  #colors: Uint32Array;
  #materials: Uint8Array;
  #filled = 0;
  #hasMaterials = false;
  #lastRegion = -1;
  #lastColor = -1;
  voxels = 0;
  regions = 0;

  constructor(maxCells: number) {
    if (!Number.isInteger(maxCells) || maxCells < 1) {
      throw new RangeError(`Cells a patch must be a whole number from 1, got ${maxCells}`);
    }
    this.#maxCells = maxCells;
    this.#positions = new Uint32Array(maxCells * 3);
    this.#colors = new Uint32Array(maxCells);
    this.#materials = new Uint8Array(maxCells);
  }

  /** Adds a voxel; those of one region come one after the other. */
  add(x: number, y: number, z: number, color: number, material: number, region: number): void {
    const at = this.#filled++;
    this.#positions[at * 3] = x;
    this.#positions[at * 3 + 1] = y;
    this.#positions[at * 3 + 2] = z;
    this.#colors[at] = color;
    this.#materials[at] = material;
    this.#hasMaterials ||= material !== 0;
    this.#count(x, y, z, color, region);
    if (this.#filled === this.#maxCells) this.#flush();
  }

  #count(x: number, y: number, z: number, color: number, region: number): void {
    const low = this.#low;
    const high = this.#high;
    if (x < low[0]!) low[0] = x;
    if (y < low[1]!) low[1] = y;
    if (z < low[2]!) low[2] = z;
    if (x > high[0]!) high[0] = x;
    if (y > high[1]!) high[1] = y;
    if (z > high[2]!) high[2] = z;
    if (region !== this.#lastRegion) {
      this.#lastRegion = region;
      this.regions++;
    }
    if (color !== this.#lastColor && this.#colorsSeen.size < MAX_COUNTED_COLORS) {
      this.#lastColor = color;
      this.#colorsSeen.add(color | 0); // A small integer, unlike most u32: sets look those up several times faster.
    }
    this.voxels++;
  }

  #flush(): void {
    const count = this.#filled;
    if (count === 0) return;
    const positions = this.#positions.slice(0, count * 3);
    const colors = this.#colors.slice(0, count);
    this.#patches.push(
      this.#hasMaterials
        ? { positions, colors, materials: this.#materials.slice(0, count) }
        : { positions, colors },
    );
    this.#filled = 0;
    this.#hasMaterials = false;
  }

  /** All patches, the last one closed. */
  finish(): VoxelCells[] {
    this.#flush();
    return this.#patches;
  }

  get colors(): number {
    return this.#colorsSeen.size;
  }

  /** Half-open box of the cells, or undefined when there are none. */
  get bounds(): Bounds | undefined {
    if (this.voxels === 0) return undefined;
    return {
      min: this.#low as unknown as Vec3,
      max: this.#high.map((value) => value + 1) as unknown as Vec3,
    };
  }
}
