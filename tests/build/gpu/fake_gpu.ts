import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import type { BatchHooks, BatchResult } from "../../../src/build/gpu/batch.ts";
import type { PreparedBatch } from "../../../src/build/gpu/batch_builder.ts";
import { BatchLoop, type OpenGpu } from "../../../src/build/gpu/batch_loop.ts";
import type { BatchMaker } from "../../../src/build/gpu/flight.ts";
import type { GpuReplyMessage } from "../../../src/build/gpu/worker_messages.ts";
import { GpuError } from "../../../src/gpu/gpu_error.ts";
import { emptyTree, type Tree } from "../../../src/tree/mod.ts";

/** A job that a fake GPU makes `fakeTree(id, voxels)` of. */
export function fakeJob(id: number, voxels: number = 1): BatchJob {
  const samples = {
    keys: new Uint32Array(voxels).fill(id),
    colors: new Uint32Array(voxels),
    materials: new Uint8Array(voxels),
  };
  return { kind: "esvo", depth: 3, samples };
}

/** No real tree, but one that tells which job it is of. */
export function fakeTree(id: number): Tree {
  const tree = emptyTree("esvo", 3);
  tree.counts[0] = id;
  return tree;
}

export function idOf({ samples }: BatchJob): number {
  return samples.keys[0] ?? -1;
}

/** What a fake GPU does and how it fails. */
export interface FakeGpuOptions {
  /** Most regions of a batch. */
  readonly maxRegions?: number;
  /** Voxels that its memory holds, all batches in flight together. */
  readonly memoryVoxels?: number;
  /** Called when a batch is waited for; may throw or lose the device. */
  readonly onCollect?: (gpu: FakeGpu, ids: readonly number[]) => void;
  readonly onSubmit?: (gpu: FakeGpu, ids: readonly number[]) => void;
  /** The outcome of a job in place of its tree. */
  readonly outcome?: (id: number) => Error | undefined;
}

/** A device of make-believe that notes what is asked of it. */
export class FakeGpu implements OpenGpu, BatchMaker {
  readonly adapter = { name: "Fake 1", isSoftware: false };
  readonly log: string[];
  isLost = false;
  isClosed = false;
  #voxels = 0;
  readonly #options: FakeGpuOptions;

  constructor(options: FakeGpuOptions = {}, log: string[] = []) {
    this.#options = options;
    this.log = log;
  }

  get bytes(): number {
    return this.#voxels;
  }

  get maker(): BatchMaker {
    return this;
  }

  fit(jobs: readonly BatchJob[]): number {
    return Math.min(jobs.length, this.#options.maxRegions ?? 2);
  }

  prepare(jobs: readonly BatchJob[]): PreparedBatch {
    const ids = jobs.map(idOf);
    const voxels = jobs.reduce((sum, { samples }) => sum + samples.keys.length, 0);
    this.#voxels += voxels;
    const isTooLarge = this.#voxels > (this.#options.memoryVoxels ?? Infinity);
    this.log.push(`upload ${ids}`);
    return {
      submit: () => {
        this.log.push(`submit ${ids}`);
        this.#options.onSubmit?.(this, ids);
      },
      collect: (hooks) => this.#collect(ids, voxels, isTooLarge, hooks),
      abandon: () => {
        this.#voxels -= voxels;
        this.log.push(`drop ${ids}`);
      },
    };
  }

  trim(): void {
    this.log.push("trim");
  }

  dispose(): void {}

  close(): void {
    this.isClosed = true;
    this.log.push("close");
  }

  #collect(
    ids: readonly number[],
    voxels: number,
    isTooLarge: boolean,
    hooks: BatchHooks = {},
  ): Promise<BatchResult> {
    this.log.push(`collect ${ids}`);
    this.#voxels -= voxels;
    try {
      this.#options.onCollect?.(this, ids);
      if (isTooLarge) throw new GpuError("out-of-memory", "not enough memory");
    } catch (error) {
      return Promise.reject(error);
    }
    hooks.onDeviceFree?.();
    this.log.push(`take ${ids}`);
    return Promise.resolve({
      outcomes: ids.map((id) => this.#options.outcome?.(id) ?? fakeTree(id)),
      stats: {
        regions: ids.length,
        retries: 0,
        sortedRegions: 0,
        gpuMs: 2,
      },
    });
  }
}

/** A loop on fake devices, and what came of it. */
export interface FakeLoop {
  readonly loop: BatchLoop;
  /** What the devices were asked, in order. */
  readonly log: string[];
  readonly posted: GpuReplyMessage[];
  /** Buffers moved with each message. */
  readonly transfers: number[];
  readonly gpus: FakeGpu[];
}

/** A loop on fake devices that are opened one after another, the last one as often as need be. */
export function fakeLoop(devices: readonly (FakeGpuOptions | GpuError)[]): FakeLoop {
  const log: string[] = [];
  const posted: GpuReplyMessage[] = [];
  const transfers: number[] = [];
  const gpus: FakeGpu[] = [];
  let opened = 0;
  let nowMs = 0;
  const loop = new BatchLoop({
    open: () => {
      const options = devices[Math.min(opened++, devices.length - 1)]!;
      if (options instanceof GpuError) return Promise.reject(options);
      log.push("open");
      gpus.push(new FakeGpu(options, log));
      return Promise.resolve(gpus.at(-1)!);
    },
    post: (message, transfer) => {
      posted.push(message);
      transfers.push(transfer.length);
    },
    pause: () => Promise.resolve(),
    nowMs: () => nowMs++,
  });
  return { loop, log, posted, transfers, gpus };
}

/** What became of each job, in the order of the answers: `3` for a tree, else the outcome's type and reason. */
export function answers(posted: readonly GpuReplyMessage[]): string[] {
  const all: string[] = [];
  for (const message of posted) {
    if (message.type !== "built") continue;
    if (message.firstId !== all.length) {
      throw new Error(`Answer ${message.firstId} came as number ${all.length}`);
    }
    for (const outcome of message.outcomes) {
      if (outcome.type === "tree") all.push(String(outcome.tree.counts[0]));
      else if (outcome.type === "wrong") all.push(`wrong ${outcome.name}: ${outcome.message}`);
      else all.push(`returned ${outcome.samples.keys[0]}: ${outcome.message}`);
    }
  }
  return all;
}
