import { PerspectiveCamera, WebGLRenderer } from "three";
import { perspectiveFrustum, subtract } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { Sky } from "./sky.ts";
import type { VoxelScene } from "./voxel_scene.ts";

/** How the page is drawn on this machine. */
export interface RendererOptions {
  readonly canvas: HTMLCanvasElement;
  readonly scene: VoxelScene;
  /** Smooth edges: costs too much where the processor draws. */
  readonly antialias: boolean;
}

/** Draws the scene on the canvas, exactly as the viewport says that the server is told. */
export class Renderer {
  readonly #renderer: WebGLRenderer;
  readonly #camera = new PerspectiveCamera();
  readonly #sky = new Sky();
  readonly #scene: VoxelScene;

  /** @throws {Error} if the browser gives no WebGL2 context */
  constructor({ canvas, scene, antialias }: RendererOptions) {
    this.#renderer = new WebGLRenderer({
      canvas,
      antialias,
      stencil: false,
      powerPreference: "high-performance",
    });
    this.#scene = scene;
    scene.scene.add(this.#sky.mesh);
  }

  /** Size in CSS pixels, and how many pixels of the screen make one of them. */
  resize(width: number, height: number, pixelRatio: number): void {
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(width, height, false);
  }

  /** Draws one frame; returns the voxels that were in view. */
  draw(viewport: Viewport): number {
    const camera = this.#camera;
    const eye = subtract(viewport.eye, this.#scene.origin);
    const target = subtract(viewport.lookAt, this.#scene.origin);
    camera.fov = (viewport.fovY * 180) / Math.PI;
    camera.aspect = viewport.aspectRatio;
    camera.near = viewport.nearPlane;
    camera.far = viewport.farPlane;
    camera.position.set(eye[0], eye[1], eye[2]);
    camera.up.set(viewport.up[0], viewport.up[1], viewport.up[2]);
    camera.lookAt(target[0], target[1], target[2]);
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld(true);
    this.#sky.follow(camera);
    const drawn = this.#scene.cull(perspectiveFrustum(viewport));
    this.#renderer.render(this.#scene.scene, camera);
    return drawn;
  }
}
