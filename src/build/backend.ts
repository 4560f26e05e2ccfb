import { type BreakerState, CircuitBreaker, describeAdapter, GpuError } from "../gpu/mod.ts";
import type { Clock, Logger, Random } from "../observe/mod.ts";
import type { BackendStatus } from "./backend_status.ts";
import { BuildAbortedError, type Builder, type BuildJob, type BuildResult } from "./builder.ts";
import { type CpuBuilderOptions, createCpuBuilder } from "./cpu/cpu_builder.ts";
import { FallbackBuilder } from "./fallback_builder.ts";
import { LEAST_GPU_DEPTH } from "./gpu/batch_job.ts";
import { GpuBuilder } from "./gpu/gpu_builder.ts";

/** The settings of the GPU, as in the configuration. */
export interface GpuSettings {
  readonly maxBatchRegions: number;
  readonly maxBatchVoxels: number;
  readonly maxSoftwareBatchVoxels: number;
  readonly maxPooledBytes: number;
  readonly batchTimeoutMs: number;
  readonly maxHangs: number;
  readonly maxFailures: number;
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

/** Options of {@linkcode Backend}. */
export interface BackendOptions {
  /** `auto`, `gpu`, `cpu`, or a part of an adapter's name. */
  readonly backend: string;
  readonly gpu: GpuSettings;
  readonly cpu: Pick<CpuBuilderOptions, "poolSize" | "buildTimeoutMs">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Another entry of the GPU's Worker that speaks the same messages. */
  readonly gpuWorkerUrl?: URL;
}

/** One batch works on the device while another is uploaded or read back. */
const BATCHES_IN_FLIGHT = 2;

/**
 * The builder of a server: the GPU if there is one as asked for, backed by the pool of CPU Workers, or that pool alone.
 * Which it is turns out in the GPU's Worker, so jobs wait until `open` is done; the first one begins it, if nobody did.
 */
export class Backend implements Builder {
  readonly #options: BackendOptions;
  readonly #cpu: ReturnType<typeof createCpuBuilder>;
  readonly #breaker: CircuitBreaker;
  readonly #gpu: GpuBuilder | undefined;
  readonly #both: FallbackBuilder | undefined;
  #chosen: Builder | undefined;
  #opening: Promise<void> | undefined;
  #isDisposed = false;
  /** Why `auto` took the CPU. */
  #refusal: GpuError | undefined;

  constructor(options: BackendOptions) {
    const { backend, clock, random, logger, gpu, gpuWorkerUrl } = options;
    this.#options = options;
    this.#cpu = createCpuBuilder({ ...options.cpu, clock, logger });
    this.#breaker = new CircuitBreaker({
      maxFailures: gpu.maxFailures,
      openMs: gpu.pauseMs,
      maxOpenMs: gpu.maxPauseMs,
      clock,
      random,
      onChange: (state) => this.#logSwitch(state),
    });
    if (backend === "cpu") {
      this.#chosen = this.#cpu;
      return;
    }
    this.#gpu = new GpuBuilder({
      wish: backend,
      regionsInFlight: BATCHES_IN_FLIGHT * gpu.maxBatchRegions,
      batch: {
        maxBatchRegions: gpu.maxBatchRegions,
        maxBatchVoxels: gpu.maxBatchVoxels,
        maxSoftwareBatchVoxels: gpu.maxSoftwareBatchVoxels,
        maxPooledBytes: gpu.maxPooledBytes,
      },
      batchTimeoutMs: gpu.batchTimeoutMs,
      maxHangs: gpu.maxHangs,
      encoder: this.#cpu,
      clock,
      logger,
      ...(gpuWorkerUrl === undefined ? {} : { workerUrl: gpuWorkerUrl }),
    }, { onSuccess: () => this.#breaker.succeed(), onFailure: () => this.#breaker.fail() });
    this.#both = new FallbackBuilder({ first: this.#gpu, second: this.#cpu, breaker: this.#breaker, logger });
  }

  /** What builds now; `cpu` until `open` is done. */
  get name(): string {
    return this.#current.name;
  }

  get slots(): number {
    return this.#current.slots;
  }

  /**
   * Finds out what builds. May be called twice.
   *
   * @throws GpuError if a GPU was asked for and cannot be had; never for `auto` and `cpu`
   */
  open(): Promise<void> {
    return this.#opening ??= this.#open();
  }

  async build(job: BuildJob): Promise<BuildResult> {
    if (this.#chosen === undefined) {
      try {
        await this.open();
      } catch (cause) {
        if (this.#isDisposed) throw new BuildAbortedError("disposed", "The builder is disposed");
        throw new BuildAbortedError("unavailable", "The GPU that was asked for cannot be had", { cause });
      }
    }
    return await (job.depth < LEAST_GPU_DEPTH ? this.#cpu : this.#current).build(job);
  }

  /** For metrics, health and people. */
  status(): BackendStatus {
    const stats = this.#gpu?.stats();
    const reason = this.#reason();
    return {
      asked: this.#options.backend,
      name: this.name,
      adapter: stats?.adapter,
      reason,
      isDegraded: reason !== undefined && this.#refusal?.kind !== "no-adapter",
      breaker: this.#breakerName(),
      batches: stats?.batches ?? 0,
      batchRegions: stats?.regions ?? 0,
      deviceLosses: stats?.deviceLosses ?? 0,
      hangs: stats?.hangs ?? 0,
      fallbackBuilds: this.#both?.fallbackBuilds ?? 0,
      gpuMs: stats?.gpuMs ?? 0,
    };
  }

  /** Memory that the Workers take for themselves. */
  get workerBytes(): number {
    return this.#cpu.workerBytes + (this.#gpu?.workerBytes ?? 0);
  }

  /** Time from now that the process should go on for after the end; see {@linkcode GpuBuilder.restMs}. */
  get restMs(): number {
    return this.#gpu?.restMs ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await (this.#both ?? this.#cpu)[Symbol.asyncDispose]();
  }

  #breakerName(): BackendStatus["breaker"] {
    if (this.#gpu === undefined || this.#chosen !== this.#both) return "none";
    // A GPU that is given up for good is left alone as well, only longer.
    return this.#gpu.isUsable ? this.#breaker.state.name : "open";
  }

  get #current(): Builder {
    return this.#chosen ?? this.#cpu;
  }

  async #open(): Promise<void> {
    if (this.#gpu === undefined) return;
    const { backend, logger } = this.#options;
    try {
      const adapter = await this.#gpu.open();
      logger.info("build.backend", { builder: "gpu", adapter: describeAdapter(adapter) });
      this.#chosen = this.#both;
    } catch (error) {
      if (backend !== "auto" || !(error instanceof GpuError)) throw error;
      this.#refusal = error;
      this.#chosen = this.#cpu;
      const log = error.kind === "no-adapter" ? logger.info : logger.error;
      log("build.backend", { builder: "cpu", reason: error.message });
      await this.#gpu[Symbol.asyncDispose]();
    }
  }

  #reason(): string | undefined {
    if (this.#refusal !== undefined) return this.#refusal.message;
    if (this.#gpu === undefined || this.#chosen !== this.#both) return undefined;
    if (!this.#gpu.isUsable) {
      return `The GPU hung too often (${this.#gpu.stats().hangs}) and is not used any more`;
    }
    return this.#breaker.state.name === "closed"
      ? undefined
      : "The GPU failed again and again and is left alone for a while";
  }

  #logSwitch(state: BreakerState): void {
    const { logger, clock } = this.#options;
    if (state.name === "closed") logger.info("build.backend", { builder: "gpu" });
    if (state.name !== "open") return;
    const tryAgainInMs = Math.round(state.untilMs - clock.monotonic());
    logger.warn("build.backend", { builder: "cpu", reason: "The GPU failed again and again", tryAgainInMs });
  }
}
