import type { Recorder } from "../gpu/mod.ts";
import type { Scene, TreeKind } from "../tree/mod.ts";
import { TooLargeError } from "./too_large_error.ts";

/** The bindings of a scene that pictures use, and what is in them. */
const BINDINGS = {
  top_nodes: ({ top }: Scene) => top,
  regions: ({ regions }: Scene) => regions,
  nodes: ({ nodes }: Scene) => nodes,
  colors: ({ colors }: Scene) => colors,
} as const;

/** Bindings hold one element of their array at least. */
const LEAST_BYTES = 16;

/** A scene on a device. */
export class GpuScene {
  readonly scene: Scene;
  readonly #buffers = new Map<string, GPUBuffer>();

  private constructor(scene: Scene) {
    this.scene = scene;
  }

  /**
   * Uploads a scene.
   *
   * @throws TooLargeError if an array is larger than the device binds, when nothing is uploaded, or memory is short
   */
  static async create(device: GPUDevice, scene: Scene): Promise<GpuScene> {
    const most = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    for (const [name, arrayOf] of Object.entries(BINDINGS)) {
      const { byteLength } = arrayOf(scene);
      if (byteLength > most) {
        throw new TooLargeError(`The scene has ${byteLength} bytes of ${name}, the device binds ${most}`);
      }
    }
    const created = new GpuScene(scene);
    device.pushErrorScope("out-of-memory");
    created.#upload(device);
    // A device that is gone tells nothing; the band will.
    const error = await device.popErrorScope().catch(() => null);
    if (error === null) return created;
    created.destroy();
    throw new TooLargeError(`The device has no room for the scene: ${error.message}`);
  }

  get kind(): TreeKind {
    return this.scene.kind;
  }

  /** Binds it. @returns the name of the buffer for each binding */
  record(recorder: Recorder): Record<string, string> {
    for (const [name, buffer] of this.#buffers) recorder.resident(name, buffer);
    return Object.fromEntries(Object.keys(BINDINGS).map((name) => [name, name]));
  }

  #upload(device: GPUDevice): void {
    for (const [name, arrayOf] of Object.entries(BINDINGS)) {
      const words = arrayOf(this.scene);
      const size = Math.max(LEAST_BYTES, words.byteLength);
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      const buffer = device.createBuffer({ label: name, size, usage });
      this.#buffers.set(name, buffer);
      // The runtime panics over a write of nothing.
      if (words.length > 0) device.queue.writeBuffer(buffer, 0, words as Uint32Array<ArrayBuffer>);
    }
  }

  /** Gives the memory back. */
  destroy(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
  }
}
