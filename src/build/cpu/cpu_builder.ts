import type { Clock, Logger, TimerId } from "../../observe/mod.ts";
import type { PayloadId } from "../../protocol/mod.ts";
import type { Tree } from "../../tree/mod.ts";
import {
  BuildAbortedError,
  type Builder,
  type BuildJob,
  type BuildResult,
  type EncodedTree,
  type PayloadEncoder,
} from "../builder.ts";
import { movableSamples, movableTree } from "../transfer.ts";
import { BuildWorker } from "./build_worker.ts";
import type { PendingTask } from "./pending_task.ts";
import type { WorkerTask } from "./worker_messages.ts";

/** Options of {@linkcode createCpuBuilder}. */
export interface CpuBuilderOptions {
  /** Workers. */
  readonly poolSize: number;
  /** Time that one job may take before its Worker is given up. */
  readonly buildTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another Worker entry that speaks the same messages. */
  readonly workerUrl?: URL;
}

/** What Workers take for themselves, which no figure of the main thread's heap tells. */
export interface WorkerMemory {
  /** Heaps and buffers of the living Workers, each after its newest message. */
  readonly workerBytes: number;
}

/** Tasks in one message to a Worker at most: small regions take less time than a message. */
const MAX_GROUP_TASKS = 16;
/** Samples and nodes at which a message is full, whatever its last task adds. */
const MAX_GROUP_CELLS = 1 << 16;
/** One message being worked on and one waiting behind it, so that a Worker need not wait for this thread between two. */
const GROUPS_PER_WORKER = 2;
const FIRST_RESTART_MS = 1000;
const LAST_RESTART_MS = 30_000;

/**
 * A builder on a pool of Workers, started at once (some 15 ms each, in the background); they encode trees of other builders,
 * too. Jobs given within one turn go out in groups, evenly over the Workers. A Worker that crashes or takes too long over a
 * job is replaced and the job rejected; one that dies before it has loaded is tried again after a pause that
 * doubles from 1 to 30 seconds, and while none lives jobs are refused as `unavailable`.
 *
 * @throws RangeError if `poolSize` is not a whole number from 1
 */
export function createCpuBuilder(options: CpuBuilderOptions): Builder & PayloadEncoder & WorkerMemory {
  return new CpuBuilder(options);
}

class CpuBuilder implements Builder, PayloadEncoder, WorkerMemory {
  readonly name = "cpu";
  readonly slots: number;
  readonly #options: CpuBuilderOptions;
  readonly #workers = new Set<BuildWorker>();
  readonly #waiting: PendingTask[] = [];
  readonly #restarts = new Set<TimerId>();
  #restartMs = FIRST_RESTART_MS;
  #isFeeding = false;
  #isDisposed = false;

  constructor(options: CpuBuilderOptions) {
    if (!Number.isInteger(options.poolSize) || options.poolSize < 1) {
      throw new RangeError(`Pool size must be a whole number from 1, got ${options.poolSize}`);
    }
    this.#options = options;
    this.slots = options.poolSize * GROUPS_PER_WORKER * MAX_GROUP_TASKS;
    for (let i = 0; i < options.poolSize; i++) this.#startWorker();
  }

  get workerBytes(): number {
    let bytes = 0;
    for (const worker of this.#workers) bytes += worker.memoryBytes;
    return bytes;
  }

  build(job: BuildJob): Promise<BuildResult> {
    const samples = movableSamples(job.samples);
    return this.#do({ type: "build", job: { ...job, samples } }, samples.keys.length);
  }

  async encode(tree: Tree, payloadIds: readonly PayloadId[]): Promise<EncodedTree> {
    const task = { type: "encode", tree: movableTree(tree), payloadIds } as const;
    const { tree: back, payloads } = await this.#do(task, tree.colors.length);
    return { tree: back, payloads };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const timer of this.#restarts) this.#options.clock.clearTimeout(timer);
    for (const worker of this.#workers) worker.terminate(disposedError());
    this.#workers.clear();
    this.#rejectWaiting(disposedError());
    return Promise.resolve();
  }

  #do(task: WorkerTask, cells: number): Promise<BuildResult> {
    const { promise, resolve, reject } = Promise.withResolvers<BuildResult>();
    if (this.#isDisposed) reject(disposedError());
    else if (this.#workers.size === 0) reject(unavailableError());
    else {
      this.#waiting.push({ task, cells, resolve, reject });
      this.#feedSoon();
    }
    return promise;
  }

  /** At the end of this turn, when all of its tasks are there to be grouped. */
  #feedSoon(): void {
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    queueMicrotask(() => {
      this.#isFeeding = false;
      this.#feed();
    });
  }

  /** Sends waiting tasks in groups, each to the Worker with the fewest of those that have room. */
  #feed(): void {
    // No more at once than one Worker's share, so that none is idle while another has a queue.
    const share = Math.min(MAX_GROUP_TASKS, Math.ceil(this.#waiting.length / this.#workers.size));
    while (this.#waiting.length > 0) {
      let freest: BuildWorker | undefined;
      for (const worker of this.#workers) {
        if (hasRoom(worker) && !(freest !== undefined && freest.load <= worker.load)) freest = worker;
      }
      if (freest === undefined) return;
      freest.send(this.#takeGroup(share));
    }
  }

  /** At most `most` of the waiting tasks, fewer if they are large. */
  #takeGroup(most: number): PendingTask[] {
    let count = 0;
    for (let cells = 0; count < most && cells < MAX_GROUP_CELLS; count++) {
      const next = this.#waiting[count];
      if (next === undefined) break;
      cells += next.cells;
    }
    return this.#waiting.splice(0, count);
  }

  #startWorker(): void {
    const { clock, buildTimeoutMs, workerUrl } = this.#options;
    const worker = new BuildWorker({
      url: workerUrl ?? new URL("./worker.ts", import.meta.url),
      clock,
      buildTimeoutMs,
      onReady: () => this.#restartMs = FIRST_RESTART_MS,
      onRoom: () => this.#feedSoon(),
      onDeath: (error) => this.#replace(worker, error),
    });
    this.#workers.add(worker);
    this.#feedSoon();
  }

  #replace(worker: BuildWorker, error: BuildAbortedError): void {
    this.#workers.delete(worker);
    const restartInMs = worker.isReady ? 0 : this.#restartMs;
    this.#options.logger.error("build.worker_lost", {
      reason: error.reason,
      error: error.message,
      restartInMs,
    });
    if (worker.isReady) this.#startWorker();
    else this.#restartLater();
    if (this.#workers.size === 0) this.#rejectWaiting(unavailableError());
  }

  #restartLater(): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#restarts.delete(timer);
      this.#startWorker();
    }, this.#restartMs);
    this.#restarts.add(timer);
    this.#restartMs = Math.min(LAST_RESTART_MS, 2 * this.#restartMs);
  }

  #rejectWaiting(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Whether no more than one message's worth is under way there. */
function hasRoom({ load, cells }: BuildWorker): boolean {
  return load <= (GROUPS_PER_WORKER - 1) * MAX_GROUP_TASKS &&
    cells <= (GROUPS_PER_WORKER - 1) * MAX_GROUP_CELLS;
}

function disposedError(): BuildAbortedError {
  return new BuildAbortedError("disposed", "The builder is disposed");
}

function unavailableError(): BuildAbortedError {
  return new BuildAbortedError("unavailable", "No build Worker can be started");
}
