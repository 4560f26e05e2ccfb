import {
  type AdapterSummary,
  type BreakerState,
  CircuitBreaker,
  describeAdapter,
  GpuError,
} from "../gpu/mod.ts";
import type { Clock, Logger, Random } from "../observe/mod.ts";
import { TooLargeError } from "./too_large_error.ts";
import { TraceError } from "./trace_error.ts";
import type { LinkNews } from "./trace_link.ts";
import { type MadePicture, TracePool } from "./trace_pool.ts";
import type { TraceSettings } from "./trace_settings.ts";
import type { PictureView } from "./picture_view.ts";
import type { TracedWorld } from "./traced_world.ts";

/** Options of {@linkcode GpuPool}. */
export interface GpuPoolOptions {
  readonly settings: TraceSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly workerUrl: URL;
}

/** Pixels of a band on hardware: a picture of 1920 x 1080 in one go. */
const BAND_PIXELS = 2 ** 21;
/** Software takes a hundred times as long, and nothing can be told or stopped meanwhile. */
const SOFTWARE_BAND_PIXELS = 2 ** 15;
/** Ending a driver takes some milliseconds; this leaves room for a loaded machine. */
const DRIVER_REST_MS = 500;

/**
 * The GPU, in one Worker with a device of its own. What it cannot do it says, so that another may: it is left alone for a
 * while after failures, and for good when there is none or when it hung too often.
 */
export class GpuPool {
  readonly #options: GpuPoolOptions;
  readonly #pool: TracePool;
  readonly #breaker: CircuitBreaker;
  readonly #stats = { deviceLosses: 0, hangs: 0, gpuMs: 0 };
  #adapter: AdapterSummary | undefined;
  #opening: Promise<void> | undefined;
  #refusal: GpuError | undefined;
  /** When a Worker was ended last, by the monotonic clock. */
  #endedMs = -Infinity;

  constructor(options: GpuPoolOptions) {
    this.#options = options;
    const { settings: trace, clock, random, workerUrl } = options;
    this.#breaker = new CircuitBreaker({
      maxFailures: trace.maxFailures,
      openMs: trace.pauseMs,
      maxOpenMs: trace.maxPauseMs,
      clock,
      random,
      onChange: (state) => this.#logSwitch(state),
    });
    this.#pool = new TracePool({
      size: 1,
      maxRepeats: 0,
      maxBytes: trace.maxSceneBytes,
      url: workerUrl,
      wish: trace.backend,
      timeoutMs: trace.tileTimeoutMs,
      clock,
      onNews: (news) => this.#hear(news),
    });
  }

  /**
   * Finds out whether there is a GPU as asked for. May be called twice.
   *
   * @throws GpuError if a GPU was asked for and cannot be had; never for `auto`
   */
  async open(): Promise<void> {
    await (this.#opening ??= this.#open());
    if (this.#refusal !== undefined && this.#options.settings.backend !== "auto") throw this.#refusal;
  }

  /** Whether it is open and to be asked. */
  get isUsable(): boolean {
    return this.#adapter !== undefined && this.#refusal === undefined && !this.#hasHungTooOften;
  }

  /**
   * Makes a picture, if the GPU can: undefined if it is left alone, has failed, or the regions do not fit it.
   *
   * @throws TraceError `too-large`, `closed`, RangeError if the regions make no scene, or the signal's reason
   */
  async picture(
    world: TracedWorld,
    view: PictureView,
    signal: AbortSignal | undefined,
  ): Promise<MadePicture | undefined> {
    if (!this.isUsable || !this.#breaker.admit()) return undefined;
    try {
      const bandPixels = this.#adapter!.isSoftware ? SOFTWARE_BAND_PIXELS : BAND_PIXELS;
      const made = await this.#pool.picture(world, view, bandPixels, signal);
      this.#stats.gpuMs += made.gpuMs;
      this.#breaker.succeed();
      return made;
    } catch (error) {
      if (signal?.aborted || error instanceof TraceError || error instanceof RangeError) {
        this.#breaker.release();
        throw error;
      }
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof TooLargeError) {
        // The device is not to blame.
        this.#breaker.succeed();
        this.#options.logger.info("trace.too_large_for_gpu", { error: message });
      } else {
        this.#breaker.fail();
        this.#options.logger.error("trace.gpu_failed", { error: message });
      }
      return undefined;
    }
  }

  /** Counters for metrics. */
  stats(): { readonly deviceLosses: number; readonly hangs: number; readonly gpuMs: number } {
    return { ...this.#stats };
  }

  get adapter(): AdapterSummary | undefined {
    return this.#adapter;
  }

  get breaker(): BreakerState["name"] | "none" {
    if (this.#adapter === undefined || this.#refusal !== undefined) return "none";
    // A GPU that is given up for good is left alone as well, only longer.
    return this.#hasHungTooOften ? "open" : this.#breaker.state.name;
  }

  get heldBytes(): number {
    return this.#pool.heldBytes;
  }

  /** Memory of the Worker, and of the device if that is software, which has the regions once more. */
  get memoryBytes(): number {
    return this.#pool.memoryBytes + this.#pool.heldBytes;
  }

  /** Why it is not used, once it has been opened, and whether that is a fault; undefined if it is used. */
  get reason(): { readonly text: string; readonly isFault: boolean } | undefined {
    if (this.#refusal !== undefined) {
      return { text: this.#refusal.message, isFault: this.#refusal.kind !== "no-adapter" };
    }
    if (this.#hasHungTooOften) {
      const text = `The GPU hung too often (${this.#stats.hangs}) and is not used any more`;
      return { text, isFault: true };
    }
    if (this.#breaker.state.name === "closed") return undefined;
    return { text: "The GPU failed again and again and is left alone for a while", isFault: true };
  }

  /**
   * Time from now that the process should go on for after the end: a Worker that was ended gives its driver back in its own
   * time, and a process that exits while it does so may crash.
   */
  get restMs(): number {
    return Math.max(0, this.#endedMs + DRIVER_REST_MS - this.#options.clock.monotonic());
  }

  /** Ends the Worker. */
  close(): void {
    if (this.#pool.close()) this.#endedMs = this.#options.clock.monotonic();
  }

  get #hasHungTooOften(): boolean {
    const { settings: trace } = this.#options;
    return this.#stats.hangs >= trace.maxHangs;
  }

  async #open(): Promise<void> {
    const { logger } = this.#options;
    try {
      this.#adapter = await this.#pool.open();
      logger.info("trace.backend", { tracer: "gpu", adapter: describeAdapter(this.#adapter!) });
    } catch (error) {
      if (error instanceof TraceError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.#refusal = error instanceof GpuError ? error : new GpuError("internal", message, { cause: error });
      const log = this.#refusal.kind === "no-adapter" ? logger.info : logger.error;
      log("trace.backend", { tracer: "cpu", reason: message });
    }
  }

  #hear(news: LinkNews): void {
    const { logger, clock } = this.#options;
    switch (news.type) {
      case "opened":
        this.#adapter = news.adapter;
        break;
      case "lost":
        this.#stats.deviceLosses++;
        logger.warn("trace.device_lost", { error: news.message });
        break;
      case "stray":
        logger.error("trace.stray_error", { kind: news.kind, error: news.message });
        break;
      case "refused":
        this.#endedMs = clock.monotonic();
        break;
      case "died":
        this.#endedMs = clock.monotonic();
        if (news.isHung) this.#stats.hangs++;
        logger.error("trace.worker_lost", { isHung: news.isHung, error: news.message });
        break;
    }
  }

  #logSwitch(state: BreakerState): void {
    const { logger, clock } = this.#options;
    if (state.name === "closed") logger.info("trace.backend", { tracer: "gpu" });
    if (state.name !== "open") return;
    const tryAgainInMs = Math.round(state.untilMs - clock.monotonic());
    logger.warn("trace.backend", { tracer: "cpu", reason: "The GPU failed again and again", tryAgainInMs });
  }
}
