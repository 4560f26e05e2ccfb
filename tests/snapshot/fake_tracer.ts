import type { UsedTracer } from "../../src/snapshot/mod.ts";
import type {
  PickHit,
  PickRay,
  PictureCamera,
  PictureOptions,
  TracedWorld,
  TracerHooks,
  TracerStatus,
} from "../../src/trace/mod.ts";

/** What a {@linkcode FakeTracer} was asked for, and what ends it. */
export interface AskedTrace {
  readonly world: TracedWorld;
  readonly camera: PictureCamera;
  readonly signal: AbortSignal | undefined;
  readonly finish: () => void;
  readonly fail: (error: unknown) => void;
}

/** A tracer of one colour, for what the real one cannot be made to do: to wait until it is told, to fail, to change. */
export class FakeTracer implements UsedTracer {
  readonly restMs = 0;
  /** Pictures in the order in which they were asked for. */
  readonly asked: AskedTrace[] = [];
  readonly rays: { readonly world: TracedWorld; readonly ray: PickRay }[] = [];
  /** Whether pictures are done at once. */
  autoFinish = true;
  /** Thrown in place of the next answers. */
  error: unknown = undefined;
  hit: PickHit | undefined;
  backend: "gpu" | "cpu" = "cpu";
  /** What makes pictures, if not what it says that would. */
  maker: "gpu" | "cpu" | undefined;
  isClosed = false;
  hooks: TracerHooks = {};

  open(): Promise<void> {
    return this.error === undefined ? Promise.resolve() : Promise.reject(this.error);
  }

  picture(
    world: TracedWorld,
    camera: PictureCamera,
    { signal, onMade }: PictureOptions = {},
  ): Promise<Uint8Array> {
    if (this.error !== undefined) return Promise.reject(this.error);
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const finish = (): void => {
      this.hooks.onPicture?.(this.maker ?? this.backend, 1, 5);
      onMade?.(this.maker ?? this.backend);
      resolve(new Uint8Array(4 * camera.widthPx * camera.heightPx).fill(200));
    };
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    this.asked.push({ world, camera, signal, finish, fail: reject });
    if (this.autoFinish) finish();
    return promise;
  }

  pick(world: TracedWorld, ray: PickRay): Promise<PickHit | undefined> {
    if (this.error !== undefined) return Promise.reject(this.error);
    this.rays.push({ world, ray });
    return Promise.resolve(this.hit);
  }

  status(): TracerStatus {
    return {
      asked: "auto",
      backend: this.backend,
      adapter: undefined,
      reason: undefined,
      isDegraded: false,
      breaker: "none",
      pictures: 0,
      picks: 0,
      rays: 54,
      fallbackPictures: 55,
      deviceLosses: 56,
      hangs: 57,
      gpuMs: 58,
      waiting: 59,
      heldBytes: 60,
      memoryBytes: 90,
    };
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}
