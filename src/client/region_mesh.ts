import {
  BufferAttribute,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  type RawShaderMaterial,
} from "three";
import type { Vec3 } from "../space/mod.ts";
import type { DecodedRegion } from "./decode_messages.ts";
import { INSTANCE_WORDS } from "./region_instances.ts";

/** Two triangles for each of the three faces that face the eye; see `voxel_shader.ts`. */
const FACE_INDEX = new Uint16Array([0, 1, 3, 0, 3, 2, 4, 5, 7, 4, 7, 6, 8, 9, 11, 8, 11, 10]);

/** One region on the graphics card: an instance a visible voxel, one draw call. */
export class RegionMesh {
  readonly mesh: Mesh;
  readonly lod: number;
  readonly version: number;
  readonly voxels: number;
  readonly drawn: number;
  /** Graphics memory of the instances. */
  readonly bytes: number;

  /**
   * @param corner the region's least corner in the scene
   * @param size the region's edge in world units
   */
  constructor(region: DecodedRegion, corner: Vec3, size: number, material: RawShaderMaterial) {
    this.lod = region.lod;
    this.version = region.version;
    this.voxels = region.voxels;
    this.drawn = region.drawn;
    this.bytes = region.words.byteLength;
    const instances = new InstancedBufferAttribute(region.words, INSTANCE_WORDS);
    // The graphics card has them now; the page need not keep them as well.
    instances.onUpload(() => instances.array = new Uint32Array(0));
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute("voxel", instances);
    geometry.setIndex(new BufferAttribute(FACE_INDEX, 1));
    geometry.instanceCount = region.drawn;
    this.mesh = new Mesh(geometry, material);
    this.mesh.position.set(corner[0], corner[1], corner[2]);
    const cell = size / region.width;
    this.mesh.scale.set(cell, cell, cell);
    // It never moves, and the scene culls it by its box.
    this.mesh.matrixAutoUpdate = false;
    this.mesh.frustumCulled = false;
    this.mesh.updateMatrix();
    this.mesh.updateMatrixWorld();
  }

  /** Gives the graphics memory back. */
  dispose(): void {
    this.mesh.geometry.dispose();
  }
}
