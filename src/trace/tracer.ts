import type { Clock, Logger, Random } from "../observe/mod.ts";
import { regionLevel, regionMorton } from "../space/mod.ts";
import { GpuPool } from "./gpu_pool.ts";
import type { PickHit, PickRay } from "./pick.ts";
import { toPickHit, toSceneRay } from "./pick_hit.ts";
import type { PictureCamera } from "./picture_camera.ts";
import { DAYLIGHT, type PictureLook } from "./picture_look.ts";
import { lookProblem, pickProblem, pictureProblem } from "./picture_problem.ts";
import { createPictureView, fitsSinglePrecision, type PictureView } from "./picture_view.ts";
import { TraceError } from "./trace_error.ts";
import { type MadePicture, TracePool } from "./trace_pool.ts";
import type { TraceSettings } from "./trace_settings.ts";
import type { TracedWorld } from "./traced_world.ts";
import type { TraceBackend, TracerStatus } from "./tracer_status.ts";
import { TurnQueue } from "./turn_queue.ts";
import { DeviceFaultError, WorkerLostError } from "./worker_lost_error.ts";

/** Told as it happens, for metrics. */
export interface TracerHooks {
  /** A picture was made: with what, of how many rays from the eye, and how long it took without waiting its turn. */
  onPicture?(backend: TraceBackend, rays: number, ms: number): void;
  /** A pick was answered. */
  onPick?(ms: number): void;
}

/** Options of {@linkcode Tracer}. */
export interface TracerOptions {
  readonly settings: TraceSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly hooks?: TracerHooks;
  /** Other entries of the Workers that speak the same messages. */
  readonly workerUrls?: { readonly cpu?: URL; readonly gpu?: URL };
}

/** Options of a picture. */
export interface PictureOptions {
  readonly signal?: AbortSignal;
  /** What differs from daylight. */
  readonly look?: Partial<PictureLook>;
  /** Told what made it, before it is given: pictures of two backends may differ by a shade. */
  readonly onMade?: (backend: TraceBackend) => void;
}

/** Pixels of a band on the CPU: some milliseconds, so that a picture can be given up in between. */
const CPU_BAND_PIXELS = 8192;
/** Bands of a picture, and times that a pick, is tried again after its Worker died. */
const CPU_REPEATS = 2;

/**
 * Makes pictures of worlds and follows rays through them, in Workers: pictures on the GPU where there is one as asked for,
 * otherwise and whenever that fails on the CPU, which makes the same picture within a tolerance; picks always on the CPU, as
 * one ray is not worth the way. One picture is in work at a time, with all that there is. Workers start when they are first
 * needed.
 */
export class Tracer {
  readonly #options: TracerOptions;
  readonly #cpu: TracePool;
  readonly #gpu: GpuPool | undefined;
  readonly #queue: TurnQueue;
  readonly #stats = { pictures: 0, picks: 0, rays: 0, fallbackPictures: 0 };
  #pendingPicks = 0;
  #isClosed = false;

  constructor(options: TracerOptions) {
    this.#options = options;
    const { settings, clock, logger, workerUrls } = options;
    this.#queue = new TurnQueue(settings.maxWaitingPictures, "pictures");
    this.#cpu = new TracePool({
      size: settings.poolSize,
      maxRepeats: CPU_REPEATS,
      maxBytes: settings.maxSceneBytes,
      url: workerUrls?.cpu ?? new URL("./cpu_worker.ts", import.meta.url),
      wish: undefined,
      timeoutMs: settings.tileTimeoutMs,
      clock,
      onNews: (news) => {
        if (news.type !== "died") return;
        logger.error("trace.worker_lost", { isHung: news.isHung, error: news.message });
      },
    });
    if (settings.backend !== "cpu") {
      const workerUrl = workerUrls?.gpu ?? new URL("./gpu_worker.ts", import.meta.url);
      this.#gpu = new GpuPool({ ...options, workerUrl });
    }
  }

  /**
   * Finds out what traces; the first picture does it, if nobody did.
   *
   * @throws GpuError if a GPU was asked for and cannot be had; never for `auto` and `cpu`
   */
  async open(): Promise<void> {
    await this.#gpu?.open();
  }

  /**
   * Makes a picture of what a camera sees of the regions given, of just the versions given.
   *
   * @returns RGBA8, rows from the top
   * @throws RangeError for a camera, a look or regions that cannot be, before any work; TraceError; GpuError if a GPU was
   * asked for and cannot be had; or the signal's reason
   */
  async picture(
    world: TracedWorld,
    camera: PictureCamera,
    options: PictureOptions = {},
  ): Promise<Uint8Array> {
    const { settings, clock, hooks } = this.#options;
    const look = { ...DAYLIGHT, ...options.look };
    refuse(pictureProblem(camera, settings.maxPicturePixels) ?? lookProblem(look) ?? regionProblem(world));
    this.#checkOpen();
    const view = createPictureView(world.grid, camera, look);
    const { rgba } = await this.#queue.run(async () => {
      const startMs = clock.monotonic();
      const { backend, made } = await this.#draw(world, view, options.signal);
      const rays = view.widthPx * view.heightPx;
      this.#stats.pictures++;
      this.#stats.rays += rays;
      hooks?.onPicture?.(backend, rays, clock.monotonic() - startMs);
      options.onMade?.(backend);
      return made;
    }, options.signal);
    return rgba;
  }

  /**
   * Finds what a ray meets first in the regions given; undefined if it meets nothing.
   *
   * @throws as `picture`
   */
  async pick(world: TracedWorld, ray: PickRay, signal?: AbortSignal): Promise<PickHit | undefined> {
    const { settings, clock, hooks } = this.#options;
    refuse(pickProblem(ray) ?? regionProblem(world));
    this.#checkOpen();
    signal?.throwIfAborted();
    if (this.#pendingPicks >= settings.maxWaitingPicks) {
      throw new TraceError("busy", `${this.#pendingPicks} picks are waiting already`);
    }
    this.#pendingPicks++;
    const startMs = clock.monotonic();
    try {
      const hit = await this.#cpu.pick(world, toSceneRay(world.grid, ray)).catch(tellCpuFault);
      signal?.throwIfAborted();
      this.#stats.picks++;
      this.#stats.rays++;
      hooks?.onPick?.(clock.monotonic() - startMs);
      if (hit === undefined) return undefined;
      const region = world.regions.find(({ key }) => regionMorton(key) === hit.morton)!;
      return toPickHit(world.grid, region, ray, hit);
    } finally {
      this.#pendingPicks--;
    }
  }

  /** For metrics, health and people. */
  status(): TracerStatus {
    const gpu = this.#gpu;
    const reason = gpu?.reason;
    return {
      asked: this.#options.settings.backend,
      backend: gpu?.isUsable && gpu.breaker === "closed" ? "gpu" : "cpu",
      adapter: gpu?.adapter,
      reason: reason?.text,
      isDegraded: reason?.isFault ?? false,
      breaker: gpu?.breaker ?? "none",
      ...this.#stats,
      deviceLosses: 0,
      hangs: 0,
      gpuMs: 0,
      ...gpu?.stats(),
      waiting: this.#queue.waiting,
      heldBytes: this.#cpu.heldBytes + (gpu?.heldBytes ?? 0),
      memoryBytes: this.#cpu.memoryBytes + (gpu?.memoryBytes ?? 0),
    };
  }

  /** Time from now that the process should go on for after `close`: ending a driver takes a moment. */
  get restMs(): number {
    return this.#gpu?.restMs ?? 0;
  }

  /** Ends all Workers; what is in work is rejected as `closed`. May be called twice. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#gpu?.close();
    this.#cpu.close();
    return Promise.resolve();
  }

  async #draw(
    world: TracedWorld,
    view: PictureView,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly backend: TraceBackend; readonly made: MadePicture }> {
    await this.open();
    // Single precision cannot tell the rays of an eye apart that is very far away.
    const gpu = fitsSinglePrecision(view) ? this.#gpu : undefined;
    const byGpu = await gpu?.picture(world, view, signal);
    if (byGpu !== undefined) return { backend: "gpu", made: byGpu };
    const made = await this.#cpu.picture(world, view, CPU_BAND_PIXELS, signal).catch(tellCpuFault);
    // Without an adapter there was no GPU to stand in for.
    if (this.#gpu !== undefined && this.#gpu.reason?.isFault !== false) this.#stats.fallbackPictures++;
    return { backend: "cpu", made };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TraceError("closed", "The tracer has ended");
  }
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new RangeError(problem);
}

/** Says what is wrong with the regions of a world, or undefined. */
function regionProblem({ grid, kind, regions }: TracedWorld): string | undefined {
  const seen = new Set<number>();
  for (const { key, tree } of regions) {
    if (regionLevel(key) !== grid.level) return `Region ${key} is not of the grid's level ${grid.level}`;
    if (seen.has(key)) return `Region ${key} is given twice`;
    if (tree.kind !== kind) return `Region ${key} is an ${tree.kind} in a world of ${kind}`;
    seen.add(key);
  }
  return undefined;
}

/** Says for whoever asked what befell the Workers. */
function tellCpuFault(error: unknown): never {
  if (error instanceof WorkerLostError) {
    throw new TraceError(error.isHung ? "timeout" : "failed", error.message, { cause: error });
  }
  if (error instanceof DeviceFaultError) throw new TraceError("failed", error.message, { cause: error });
  throw error;
}
