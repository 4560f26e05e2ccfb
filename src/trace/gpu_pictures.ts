import {
  BufferPool,
  compileStages,
  Readback,
  Recorder,
  type RecordingRunner,
  runRecording,
} from "../gpu/mod.ts";
import type { Scene } from "../tree/mod.ts";
import type { Band } from "./band.ts";
import { GpuScene } from "./gpu_scene.ts";
import { PICTURE_STAGES } from "./picture_stages.ts";
import type { PictureView } from "./picture_view.ts";
import { pictureWords } from "./picture_words.ts";
import type { BandReply } from "./worker_messages.ts";

/** Unused buffers beyond this are given back to the device: those of pixels, and of reading them. */
const MAX_POOLED_BYTES = 64 * 2 ** 20;
/** A workgroup makes 8 x 8 pixels. */
const GROUP_PX = 8;

/** Draws on one device: `shaders/trace/picture.wgsl`. Belongs into a Worker, as waiting blocks the thread. */
export class GpuPictures {
  readonly #runner: RecordingRunner;
  #scene: GpuScene | undefined;

  private constructor(runner: RecordingRunner) {
    this.#runner = runner;
  }

  /** @throws GpuError `shader` if one does not compile */
  static async create(device: GPUDevice): Promise<GpuPictures> {
    const pipelines = await compileStages(device, Object.values(PICTURE_STAGES));
    const pool = new BufferPool(device, MAX_POOLED_BYTES);
    return new GpuPictures({ device, pool, pipelines, readback: new Readback() });
  }

  /**
   * Makes a band. The scene of the band before stays on the device.
   *
   * @throws TooLargeError if the scene does not fit the device, GpuError if the band is lost
   */
  async band(scene: Scene, view: PictureView, band: Band): Promise<BandReply> {
    if (this.#scene?.scene !== scene) {
      this.#scene?.destroy();
      this.#scene = undefined;
      this.#scene = await GpuScene.create(this.#runner.device, scene);
    }
    const recorder = new Recorder();
    recordPicture(recorder, this.#scene, view, band);
    return await runRecording(this.#runner, recorder)(({ reads, gpuMs }) => {
      return { pixels: reads[0]!.slice(), gpuMs };
    });
  }

  /** Destroys the buffers. The device belongs to the caller. */
  dispose(): void {
    this.#scene?.destroy();
    this.#runner.pool.dispose();
  }
}

/** Writes a band down: one dispatch of the stage for the scene's kind. */
export function recordPicture(
  recorder: Recorder,
  scene: Pick<GpuScene, "kind" | "record">,
  view: PictureView,
  band: Band,
): void {
  const pixels = view.widthPx * band.rows;
  const bound = scene.record(recorder);
  recorder.upload("picture", pictureWords(view, band));
  recorder.scratch("pixels", pixels);
  const groups = Math.ceil(view.widthPx / GROUP_PX) * Math.ceil(band.rows / GROUP_PX);
  const stage = PICTURE_STAGES[scene.kind];
  recorder.dispatch(stage, { ...bound, picture: "picture", pixels: "pixels" }, groups);
  recorder.read("pixels", pixels);
}
