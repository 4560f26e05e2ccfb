import type { Viewport } from "../viewport/mod.ts";
import type { CameraRig } from "./camera_rig.ts";
import { Renderer } from "./renderer.ts";
import { RenderLoop } from "./render_loop.ts";
import { sameViewport } from "./viewport_sender.ts";
import type { WorldView } from "./world_view.ts";

/** What a picture is made of. */
export interface PictureOptions {
  readonly canvas: HTMLCanvasElement;
  readonly view: WorldView;
  readonly rig: CameraRig;
  readonly antialias: boolean;
  /** Moves what moves by itself. */
  readonly step: (elapsedMs: number) => void;
  /** Called with the view of every picture drawn. */
  readonly onView: (viewport: Viewport) => void;
}

/** The canvas: as large as its place on the page, drawn when the world, the camera or its size has changed. */
export class Picture {
  readonly #options: PictureOptions;
  readonly #renderer: Renderer;
  readonly #loop: RenderLoop;
  #drawnView: Viewport | undefined;
  #drawnVoxels = 0;
  #isResized = true;

  /** @throws {Error} if the browser gives no WebGL2 context */
  constructor(options: PictureOptions) {
    this.#options = options;
    const { canvas, view, rig, antialias } = options;
    this.#renderer = new Renderer({ canvas, scene: view.scene, antialias });
    new ResizeObserver(() => this.#isResized = true).observe(canvas);
    rig.setPicture(canvas.clientWidth / canvas.clientHeight, heightPx(canvas));
    this.#loop = new RenderLoop({
      step: options.step,
      isStale: () => this.#isStale(),
      draw: () => this.#draw(),
    });
  }

  get loop(): RenderLoop {
    return this.#loop;
  }

  /** Voxels with an exposed face in the regions of the picture on the screen. */
  get drawnVoxels(): number {
    return this.#drawnVoxels;
  }

  /** Whether the screen shows all that has come in. */
  get isSettled(): boolean {
    return this.#options.view.isSettled && !this.#isStale();
  }

  /** Has it drawn anew, as after the graphics card was lost. */
  invalidate(): void {
    this.#isResized = true;
  }

  #isStale(): boolean {
    const { view, rig } = this.#options;
    return this.#isResized || view.scene.isDirty || this.#drawnView === undefined ||
      !sameViewport(this.#drawnView, rig.viewport);
  }

  #draw(): void {
    const { canvas, view, rig, onView } = this.#options;
    if (this.#isResized) {
      const width = Math.max(1, canvas.clientWidth);
      const height = Math.max(1, canvas.clientHeight);
      this.#renderer.resize(width, height, pixelRatio());
      rig.setPicture(width / height, heightPx(canvas));
      this.#isResized = false;
    }
    view.scene.isDirty = false;
    this.#drawnView = rig.viewport;
    this.#drawnVoxels = this.#renderer.draw(this.#drawnView);
    onView(this.#drawnView);
  }
}

/** Pixels drawn for each CSS pixel along an axis. */
function pixelRatio(): number {
  return Math.min(2, devicePixelRatio);
}

/** Height of the picture in pixels drawn. */
function heightPx(canvas: HTMLCanvasElement): number {
  return Math.max(1, Math.round(canvas.clientHeight * pixelRatio()));
}
