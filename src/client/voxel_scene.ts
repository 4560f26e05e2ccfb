import { DoubleSide, GLSL3, RawShaderMaterial, Scene } from "three";
import {
  ALL_PLANES,
  classifyBox,
  createGrid,
  type Frustum,
  type Grid,
  regionBounds,
  type RegionKey,
  subtract,
  type Vec3,
} from "../space/mod.ts";
import type { DecodedRegion } from "./decode_messages.ts";
import { Floor } from "./floor.ts";
import { RegionMesh } from "./region_mesh.ts";
import { VOXEL_FRAGMENT, VOXEL_VERTEX } from "./voxel_shader.ts";

/** What the scene holds. */
export interface SceneTotals {
  regions: number;
  /** Voxels received, at the level of detail each region has. */
  voxels: number;
  /** Voxels that have an exposed face. */
  instances: number;
  bytes: number;
}

/** All regions that the page holds, as they are drawn. */
export class VoxelScene {
  readonly scene = new Scene();
  readonly totals: SceneTotals = { regions: 0, voxels: 0, instances: 0, bytes: 0 };
  /** Whether anything has changed since the last drawing. */
  isDirty = true;
  readonly #material = new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: VOXEL_VERTEX,
    fragmentShader: VOXEL_FRAGMENT,
    side: DoubleSide,
    uniforms: { worldSize: { value: 1 } },
  });
  readonly #floor = new Floor();
  readonly #meshes = new Map<RegionKey, RegionMesh>();
  #grid: Grid = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);

  constructor() {
    this.scene.add(this.#floor.mesh);
    this.reset(this.#grid);
  }

  get grid(): Grid {
    return this.#grid;
  }

  /** The regions held; not to be changed. */
  get meshes(): ReadonlyMap<RegionKey, RegionMesh> {
    return this.#meshes;
  }

  /** World coordinates of the scene's origin: near the content, so that 32-bit floats keep their digits. */
  get origin(): Vec3 {
    return this.#grid.bounds.min;
  }

  /** Starts anew with another world or epoch: nothing of the old one stays. */
  reset(grid: Grid): void {
    for (const key of [...this.#meshes.keys()]) this.remove(key);
    this.#grid = grid;
    this.#material.uniforms.worldSize!.value = grid.bounds.max[0] - grid.bounds.min[0];
    this.#floor.fit(grid);
    this.isDirty = true;
  }

  /** Shows a region as it is now; one without voxels goes. */
  apply(region: DecodedRegion): void {
    this.remove(region.key);
    if (region.drawn === 0) return;
    const { min, max } = regionBounds(this.#grid, region.key);
    const mesh = new RegionMesh(region, subtract(min, this.origin), max[0] - min[0], this.#material);
    this.#meshes.set(region.key, mesh);
    this.scene.add(mesh.mesh);
    this.#count(mesh, 1);
  }

  remove(key: RegionKey): void {
    const mesh = this.#meshes.get(key);
    if (mesh === undefined) return;
    this.#meshes.delete(key);
    this.scene.remove(mesh.mesh);
    this.#count(mesh, -1);
    mesh.dispose();
  }

  /** Hides the regions outside a view; returns the voxels of the others that are drawn. O(regions). */
  cull(frustum: Frustum): number {
    let drawn = 0;
    for (const [key, mesh] of this.#meshes) {
      const { min, max } = regionBounds(this.#grid, key);
      const isSeen = classifyBox(frustum, min[0], min[1], min[2], max[0] - min[0], ALL_PLANES) >= 0;
      mesh.mesh.visible = isSeen;
      if (isSeen) drawn += mesh.drawn;
    }
    return drawn;
  }

  #count(mesh: RegionMesh, sign: 1 | -1): void {
    this.totals.regions += sign;
    this.totals.voxels += sign * mesh.voxels;
    this.totals.instances += sign * mesh.drawn;
    this.totals.bytes += sign * mesh.bytes;
    this.isDirty = true;
  }
}
