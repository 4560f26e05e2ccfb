import type { Clock, Logger, TimerId } from "../../observe/mod.ts";
import { BuildAbortedError, type Builder, type BuildJob, type BuildResult } from "../builder.ts";
import { BuildWorker, type PendingBuild } from "./build_worker.ts";

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

/** One job being built and one waiting behind it, so that a Worker need not wait for this thread between two. */
const JOBS_PER_WORKER = 2;
const FIRST_RESTART_MS = 1000;
const LAST_RESTART_MS = 30_000;

/**
 * A builder on a pool of Workers, started at once (some 15 ms each, in the background). A Worker that crashes or takes too
 * long over a job is replaced and the job rejected; one that dies before it has loaded is tried again after a pause that
 * doubles from 1 to 30 seconds, and while none lives jobs are refused as `unavailable`.
 *
 * @throws RangeError if `poolSize` is not a whole number from 1
 */
export function createCpuBuilder(options: CpuBuilderOptions): Builder {
  return new CpuBuilder(options);
}

class CpuBuilder implements Builder {
  readonly name = "cpu";
  readonly slots: number;
  readonly #options: CpuBuilderOptions;
  readonly #workers = new Set<BuildWorker>();
  readonly #waiting: PendingBuild[] = [];
  readonly #restarts = new Set<TimerId>();
  #restartMs = FIRST_RESTART_MS;
  #isDisposed = false;

  constructor(options: CpuBuilderOptions) {
    if (!Number.isInteger(options.poolSize) || options.poolSize < 1) {
      throw new RangeError(`Pool size must be a whole number from 1, got ${options.poolSize}`);
    }
    this.#options = options;
    this.slots = options.poolSize * JOBS_PER_WORKER;
    for (let i = 0; i < options.poolSize; i++) this.#startWorker();
  }

  build(job: BuildJob): Promise<BuildResult> {
    const { promise, resolve, reject } = Promise.withResolvers<BuildResult>();
    if (this.#isDisposed) reject(disposedError());
    else if (this.#workers.size === 0) reject(unavailableError());
    else {
      this.#waiting.push({ job, resolve, reject });
      this.#feed();
    }
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const timer of this.#restarts) this.#options.clock.clearTimeout(timer);
    for (const worker of this.#workers) worker.terminate(disposedError());
    this.#workers.clear();
    this.#rejectWaiting(disposedError());
    return Promise.resolve();
  }

  /** Sends waiting jobs, each to the Worker with the fewest. */
  #feed(): void {
    while (this.#waiting.length > 0) {
      let freest: BuildWorker | undefined;
      for (const worker of this.#workers) {
        if (freest === undefined || worker.load < freest.load) freest = worker;
      }
      if (freest === undefined || freest.load >= JOBS_PER_WORKER) return;
      freest.send(this.#waiting.shift()!);
    }
  }

  #startWorker(): void {
    const { clock, buildTimeoutMs, workerUrl } = this.#options;
    const worker = new BuildWorker({
      url: workerUrl ?? new URL("./worker.ts", import.meta.url),
      clock,
      buildTimeoutMs,
      onReady: () => this.#restartMs = FIRST_RESTART_MS,
      onRoom: () => this.#feed(),
      onDeath: (error) => this.#replace(worker, error),
    });
    this.#workers.add(worker);
    this.#feed();
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

function disposedError(): BuildAbortedError {
  return new BuildAbortedError("disposed", "The builder is disposed");
}

function unavailableError(): BuildAbortedError {
  return new BuildAbortedError("unavailable", "No build Worker can be started");
}
