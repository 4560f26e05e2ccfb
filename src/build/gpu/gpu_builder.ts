import { type AdapterSummary, GpuError } from "../../gpu/mod.ts";
import type { Clock, Logger, TimerId } from "../../observe/mod.ts";
import {
  BuildAbortedError,
  type Builder,
  type BuildJob,
  type BuildResult,
  type PayloadEncoder,
} from "../builder.ts";
import { ReturnedJobError } from "../returned_job_error.ts";
import { type GpuNews, type SentJob, WorkerLink } from "./worker_link.ts";
import type { GpuBatchLimits, JobOutcome } from "./worker_messages.ts";

/** Options of {@linkcode GpuBuilder}. */
export interface GpuBuilderOptions {
  /** Which adapter: see `chooseAdapter`. */
  readonly wish: string;
  /** Jobs worth having in flight. */
  readonly regionsInFlight: number;
  readonly batch: GpuBatchLimits;
  /** Longest silence of a GPU that has work; after that it hangs. */
  readonly batchTimeoutMs: number;
  /** Hangs after which the GPU is not used any more: each leaves a thread that cannot be ended. */
  readonly maxHangs: number;
  /** Deflates payloads; the GPU's Worker has better to do, and this thread must not. */
  readonly encoder: PayloadEncoder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another Worker entry that speaks the same messages. */
  readonly workerUrl?: URL;
}

/** Told as it happens; `isUsable` is looked at by itself. */
export interface GpuBuilderEvents {
  /** A batch ended well. */
  onSuccess(): void;
  /** A batch was given up, or the Worker ended. */
  onFailure(message: string): void;
}

/** Counters since the start. */
export interface GpuStats {
  readonly adapter: AdapterSummary | undefined;
  readonly batches: number;
  /** Regions of these batches. */
  readonly regions: number;
  readonly deviceLosses: number;
  readonly hangs: number;
  /** Time on the device, where it can tell. */
  readonly gpuMs: number;
}

/** A message of jobs ends at either: copying views and posting hold this thread up. */
const MAX_MESSAGE_JOBS = 256;
const MAX_MESSAGE_SAMPLES = 4_194_304;
/** Ending a driver takes some milliseconds; this leaves room for a loaded machine. */
const DRIVER_REST_MS = 500;

/**
 * A builder on the GPU, which lives in a Worker: this thread makes no call to it. The jobs of one turn go in one message.
 * A Worker that hangs or dies is given up with its jobs (`device`) and replaced with the next job; jobs that the GPU could
 * not do but handed back are rejected as {@linkcode ReturnedJobError}.
 */
export class GpuBuilder implements Builder {
  readonly name = "gpu";
  readonly #options: GpuBuilderOptions;
  readonly #events: GpuBuilderEvents;
  readonly #outbox: SentJob[] = [];
  readonly #stats = { batches: 0, regions: 0, deviceLosses: 0, hangs: 0, gpuMs: 0 };
  #adapter: AdapterSummary | undefined;
  /** Of the jobs that have not been settled. */
  readonly #inFlight = { jobs: 0, voxels: 0 };
  #link: WorkerLink | undefined;
  #opening: PromiseWithResolvers<AdapterSummary> | undefined;
  #flushTimer: TimerId | undefined;
  #isDisposed = false;
  #workerBytes = 0;
  /** When a Worker was ended last, by the monotonic clock. */
  #endedMs = -Infinity;

  constructor(options: GpuBuilderOptions, events: GpuBuilderEvents) {
    this.#options = options;
    this.#events = events;
  }

  /**
   * Opens the device, unless that has been done.
   *
   * @throws GpuError `no-adapter` if there is none as wished, `shader` with file and line if one does not compile, or why
   * else there is no device
   */
  open(): Promise<AdapterSummary> {
    if (this.#opening === undefined) {
      this.#opening = Promise.withResolvers();
      if (this.#isDisposed) this.#opening.reject(new GpuError("internal", "The GPU builder is disposed"));
      else if (this.#link === undefined) this.#start();
      else if (this.#link.isOpen) this.#opening.resolve(this.#adapter!);
    }
    return this.#opening.promise;
  }

  /** As many regions as two batches take, or fewer once their voxels fill two batches: their samples are kept meanwhile. */
  get slots(): number {
    const { regionsInFlight, batch } = this.#options;
    const { maxBatchVoxels, maxSoftwareBatchVoxels } = batch;
    const maxVoxels = 2 *
      Math.min(maxBatchVoxels, this.#adapter?.isSoftware ? maxSoftwareBatchVoxels : Infinity);
    if (this.#inFlight.voxels < maxVoxels) return regionsInFlight;
    return Math.max(1, Math.min(regionsInFlight, this.#inFlight.jobs));
  }

  /** Whether jobs are worth sending: false for good after too many hangs. */
  get isUsable(): boolean {
    return !this.#isDisposed && this.#stats.hangs < this.#options.maxHangs;
  }

  /** What the Worker takes of the process's memory, after its newest batch; 0 once it has ended. */
  get workerBytes(): number {
    return this.#workerBytes;
  }

  /** Counters for metrics. */
  stats(): GpuStats {
    return { adapter: this.#adapter, ...this.#stats };
  }

  /**
   * Time from now that the process should go on for: a Worker that was ended gives its driver back in its own time, and a
   * process that exits while it does so may crash.
   */
  get restMs(): number {
    return Math.max(0, this.#endedMs + DRIVER_REST_MS - this.#options.clock.monotonic());
  }

  build(job: BuildJob): Promise<BuildResult> {
    const { promise, resolve, reject } = Promise.withResolvers<BuildResult>();
    if (this.#isDisposed) reject(disposedError());
    else if (!this.isUsable) reject(unusableError());
    else {
      this.#countIn(job, promise);
      const settle = (outcome: JobOutcome, jobMs: number) => {
        this.#settle(job, outcome, jobMs).then(resolve, reject);
      };
      this.#outbox.push({ job, settle, reject });
      this.#flushTimer ??= this.#options.clock.setTimeout(() => this.#flush(), 0);
    }
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    if (this.#flushTimer !== undefined) this.#options.clock.clearTimeout(this.#flushTimer);
    // A thread that hangs in the driver does not end by this; the process must be exited.
    if (this.#link !== undefined) this.#endedMs = this.#options.clock.monotonic();
    this.#link?.terminate(disposedError());
    this.#link = undefined;
    this.#workerBytes = 0;
    this.#failOpening(new GpuError("internal", "The GPU builder is disposed"));
    for (const { reject } of this.#outbox.splice(0)) reject(disposedError());
    return Promise.resolve();
  }

  #start(): WorkerLink {
    const { wish, batch, clock, batchTimeoutMs, workerUrl } = this.#options;
    return this.#link = new WorkerLink({
      url: workerUrl ?? new URL("./worker.ts", import.meta.url),
      wish,
      batch,
      clock,
      batchTimeoutMs,
      onNews: (news) => this.#hear(news),
    });
  }

  /** Sends what has gathered, in messages that are not too long. */
  #flush(): void {
    this.#flushTimer = undefined;
    const jobs = this.#outbox.splice(0);
    if (!this.isUsable) {
      for (const { reject } of jobs) reject(unusableError());
      return;
    }
    for (let at = 0; at < jobs.length;) {
      const count = jobsThatFit(jobs, at);
      (this.#link ?? this.#start()).send(jobs.slice(at, at + count));
      at += count;
    }
  }

  #countIn({ samples }: BuildJob, promise: Promise<BuildResult>): void {
    const voxels = samples.keys.length;
    const count = (sign: number) => {
      this.#inFlight.jobs += sign;
      this.#inFlight.voxels += sign * voxels;
    };
    count(1);
    promise.then(() => count(-1), () => count(-1));
  }

  async #settle(job: BuildJob, outcome: JobOutcome, jobMs: number): Promise<BuildResult> {
    if (outcome.type === "returned") {
      throw new ReturnedJobError(
        { ...job, samples: outcome.samples },
        `The GPU gave the region up: ${outcome.message}`,
      );
    }
    if (outcome.type === "wrong") {
      throw outcome.name === "RangeError" ? new RangeError(outcome.message) : new Error(outcome.message);
    }
    if (job.payloadIds.length === 0) return { tree: outcome.tree, payloads: new Map(), buildMs: jobMs };
    const { tree, payloads } = await this.#options.encoder.encode(outcome.tree, job.payloadIds);
    return { tree, payloads, buildMs: jobMs };
  }

  #hear(news: GpuNews): void {
    const { logger } = this.#options;
    switch (news.type) {
      case "opened":
        this.#adapter = news.adapter;
        this.#opening?.resolve(news.adapter);
        break;
      case "batch":
        this.#stats.batches++;
        this.#stats.regions += news.stats.regions;
        this.#stats.gpuMs += news.stats.gpuMs ?? 0;
        this.#events.onSuccess();
        break;
      case "memory":
        this.#workerBytes = news.bytes;
        break;
      case "failed":
        logger.error("gpu.batch_failed", { kind: news.kind, error: news.message });
        this.#events.onFailure(news.message);
        break;
      case "stray":
        logger.error("gpu.stray_error", { kind: news.kind, error: news.message });
        break;
      case "lost":
        this.#stats.deviceLosses++;
        logger.warn("gpu.device_lost", { error: news.message });
        break;
      case "refused":
        this.#end(new GpuError(news.kind, news.message));
        break;
      case "died":
        if (news.isHung) this.#stats.hangs++;
        logger.error("gpu.worker_lost", { isHung: news.isHung, error: news.message });
        this.#end(new GpuError(news.isHung ? "lost" : "internal", news.message));
        break;
    }
  }

  /** The Worker is gone; the next job starts another. */
  #end(error: GpuError): void {
    this.#link = undefined;
    this.#workerBytes = 0;
    this.#endedMs = this.#options.clock.monotonic();
    this.#failOpening(error);
    this.#events.onFailure(error.message);
  }

  #failOpening(error: GpuError): void {
    this.#opening?.promise.catch(() => {});
    this.#opening?.reject(error);
  }
}

function jobsThatFit(jobs: readonly SentJob[], at: number): number {
  let samples = 0;
  let count = 0;
  while (count < MAX_MESSAGE_JOBS && at + count < jobs.length) {
    samples += jobs[at + count]!.job.samples.keys.length;
    if (count > 0 && samples > MAX_MESSAGE_SAMPLES) break;
    count++;
  }
  return count;
}

function unusableError(): BuildAbortedError {
  return new BuildAbortedError("unavailable", "The GPU has hung too often");
}

function disposedError(): BuildAbortedError {
  return new BuildAbortedError("disposed", "The builder is disposed");
}
