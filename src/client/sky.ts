import { BufferGeometry, GLSL3, Matrix4, Mesh, type PerspectiveCamera, RawShaderMaterial } from "three";
import { SKY_FRAGMENT, SKY_VERTEX } from "./sky_shader.ts";

/** The gradient behind the voxels: drawn after them, where nothing else is. */
export class Sky {
  readonly mesh: Mesh;
  readonly #unproject = new Matrix4();

  constructor() {
    const geometry = new BufferGeometry();
    geometry.setDrawRange(0, 3);
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: SKY_VERTEX,
      fragmentShader: SKY_FRAGMENT,
      uniforms: { unproject: { value: this.#unproject } },
      depthWrite: false,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 1;
  }

  /** Turns it with the camera; call after the camera's matrices are up to date. */
  follow(camera: PerspectiveCamera): void {
    this.#unproject.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse).invert();
  }
}
