import { Hit, Ray, type Scene, traceScene } from "../tree/mod.ts";
import type { Band } from "./band.ts";
import type { PictureView } from "./picture_view.ts";
import { RegionStore } from "./region_store.ts";
import { TooLargeError } from "./too_large_error.ts";
import type {
  BandReply,
  FailureReason,
  SceneHit,
  SceneRay,
  SceneUse,
  TraceReply,
  TraceRequest,
} from "./worker_messages.ts";

/** What makes bands of pictures. */
export interface BandMaker {
  /** @throws TooLargeError if the scene does not fit; anything else is a fault of the device */
  band(scene: Scene, view: PictureView, band: Band): BandReply | Promise<BandReply>;
}

/** Memory is told again once it has changed by so much. */
const TOLD_BYTES = 2 ** 20;

/** Tells the other side. */
export type PostReply = (reply: TraceReply, transfer: Transferable[]) => void;

/**
 * What goes on in a Worker: requests are done one after another. A scene that cannot be is told to each band or pick that
 * asks for it.
 */
export class RequestLoop {
  readonly #maker: BandMaker;
  readonly #post: PostReply;
  readonly #store = new RegionStore();
  readonly #scenes = new Map<SceneUse, Scene | Error>();
  readonly #ray = new Ray();
  readonly #hit = new Hit();
  readonly #memoryBytes: () => number;
  #toldBytes = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param memoryBytes what the Worker takes */
  constructor(maker: BandMaker, post: PostReply, memoryBytes: () => number) {
    this.#maker = maker;
    this.#post = post;
    this.#memoryBytes = memoryBytes;
  }

  /** Takes a request. */
  add(request: TraceRequest): Promise<void> {
    return this.#last = this.#last.then(() => this.#do(request));
  }

  async #do(request: TraceRequest): Promise<void> {
    await this.#serve(request);
    const bytes = this.#memoryBytes();
    if (Math.abs(bytes - this.#toldBytes) < TOLD_BYTES) return;
    this.#toldBytes = bytes;
    this.#post({ type: "memory", bytes }, []);
  }

  async #serve(request: TraceRequest): Promise<void> {
    switch (request.type) {
      case "open":
        break;
      case "regions":
        this.#store.change(request);
        break;
      case "scene":
        // The old one goes first: both together may not fit.
        this.#scenes.delete(request.use);
        this.#scenes.set(request.use, attempt(() => this.#store.scene(request)));
        break;
      case "band":
        await this.#answer(async () => {
          const reply = await this.#maker.band(this.#scene("picture"), request.view, request.band);
          this.#post({ type: "band", reply }, [reply.pixels.buffer]);
        });
        break;
      case "pick":
        await this.#answer(() => {
          this.#post({ type: "picked", hit: this.#pick(this.#scene("pick"), request.ray) }, []);
        });
        break;
    }
  }

  #scene(use: SceneUse): Scene {
    const scene = this.#scenes.get(use) ?? new RangeError(`There is no scene for a ${use}`);
    if (scene instanceof Error) throw scene;
    return scene;
  }

  async #answer(work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#post({ type: "failed", reason: reasonOf(error), message }, []);
    }
  }

  #pick(scene: Scene, { origin, direction, tMax }: SceneRay): SceneHit | undefined {
    const ray = this.#ray;
    [ray.ox, ray.oy, ray.oz] = origin;
    [ray.dx, ray.dy, ray.dz] = direction;
    ray.tMax = tMax;
    const hit = this.#hit;
    if (!traceScene(scene, ray, hit)) return undefined;
    const { t, level, x, y, z, size, type, face, node, region } = hit;
    return {
      morton: scene.mortons[region]!,
      ...{ t, level, x, y, z, size, type, face },
      color: scene.colors[node]!,
      material: scene.materials[node]!,
    };
  }
}

function reasonOf(error: unknown): FailureReason {
  if (error instanceof TooLargeError) return "too-large";
  return error instanceof RangeError ? "wrong" : "device";
}

function attempt(make: () => Scene): Scene | Error {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
