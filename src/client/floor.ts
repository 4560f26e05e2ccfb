import { BufferAttribute, BufferGeometry, DoubleSide, GLSL3, Mesh, RawShaderMaterial } from "three";
import type { Grid } from "../space/mod.ts";
import { FLOOR_FRAGMENT, FLOOR_VERTEX } from "./floor_shader.ts";

/** The bottom of the world, drawn over the sky and behind the voxels. The scene's origin is its least corner. */
export class Floor {
  readonly mesh: Mesh;
  readonly #material: RawShaderMaterial;

  constructor() {
    const geometry = new BufferGeometry();
    geometry.setIndex(new BufferAttribute(new Uint16Array([0, 1, 3, 0, 3, 2]), 1));
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: FLOOR_VERTEX,
      fragmentShader: FLOOR_FRAGMENT,
      uniforms: { worldSize: { value: 1 }, cells: { value: 1 } },
      side: DoubleSide,
      transparent: true,
      depthWrite: false,
    });
    this.mesh = new Mesh(geometry, this.#material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 2;
  }

  /** Takes the size of a world and of its regions. */
  fit(grid: Grid): void {
    this.#material.uniforms.worldSize!.value = grid.bounds.max[0] - grid.bounds.min[0];
    this.#material.uniforms.cells!.value = 2 ** grid.level;
  }
}
