import { BufferPool, compileStages, Readback, type RecordingRunner } from "../../gpu/mod.ts";
import { Batch, type BatchHooks, type BatchResult } from "./batch.ts";
import type { BatchJob } from "./batch_job.ts";
import { MAX_GRID_REGIONS } from "./grid_words.ts";
import { SORTED_STAGES } from "./sorted_stages.ts";
import { BUILD_STAGES } from "./stages.ts";

/** Options of {@linkcode BatchBuilder}. */
export interface BatchBuilderOptions {
  /** Most samples of one batch that has more than one region. */
  readonly maxBatchVoxels: number;
  /** Most regions of one batch. */
  readonly maxBatchRegions: number;
  /** Unused buffers beyond this are given back to the device. */
  readonly maxPooledBytes: number;
}

/** A batch that was submitted. */
export interface PendingBatch {
  /**
   * Waits for the device, which blocks the thread, and submits again what did not fit.
   *
   * @throws GpuError if the whole batch is lost
   */
  collect(hooks?: BatchHooks): Promise<BatchResult>;
}

/** A batch that was uploaded, but not submitted yet. */
export interface PreparedBatch extends PendingBatch {
  /** Hands it to the device. */
  submit(): void;
  /** Gives it up, and its buffers back. */
  abandon(): void;
}

/**
 * Builds batches of regions, of any depths and both kinds mixed, on one device: one submit and one readback a batch. The
 * trees are equal to the byte to those of the CPU builders. Belongs into a Worker, as waiting blocks the thread.
 */
export class BatchBuilder {
  readonly #runner: RecordingRunner;
  readonly #options: BatchBuilderOptions;

  private constructor(runner: RecordingRunner, options: BatchBuilderOptions) {
    this.#runner = runner;
    this.#options = options;
  }

  /**
   * Compiles the shaders.
   *
   * @throws GpuError `shader` if one does not compile
   */
  static async create(device: GPUDevice, options: BatchBuilderOptions): Promise<BatchBuilder> {
    const pipelines = await compileStages(device, Object.values({ ...BUILD_STAGES, ...SORTED_STAGES }));
    const pool = new BufferPool(device, options.maxPooledBytes);
    return new BatchBuilder({ device, pool, pipelines, readback: new Readback() }, options);
  }

  /** Bytes of all buffers that it has on the device. */
  get bytes(): number {
    return this.#runner.pool.stats().bytes;
  }

  /** How many of the first jobs make one batch: at least one, if there is one. */
  fit(jobs: readonly BatchJob[]): number {
    const { maxBatchRegions, maxBatchVoxels } = this.#options;
    const most = Math.min(jobs.length, maxBatchRegions, MAX_GRID_REGIONS);
    let voxels = 0;
    for (let i = 0; i < most; i++) {
      voxels += jobs[i]!.samples.keys.length;
      if (i > 0 && voxels > maxBatchVoxels) return i;
    }
    return most;
  }

  /**
   * Uploads a batch; the jobs' samples are the batch's until it is collected.
   *
   * @throws GpuError `validation` if the batch does not fit the device
   */
  prepare(jobs: readonly BatchJob[]): PreparedBatch {
    return new Batch(this.#runner, jobs);
  }

  /** Uploads and submits a batch. */
  submit(jobs: readonly BatchJob[]): PendingBatch {
    const batch = this.prepare(jobs);
    batch.submit();
    return batch;
  }

  /** Gives the buffers that no batch holds back to the device. */
  trim(): void {
    this.#runner.pool.dispose();
  }

  /** Destroys the buffers. The device belongs to the caller. */
  dispose(): void {
    this.#runner.pool.dispose();
  }
}
