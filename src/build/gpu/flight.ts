import type { BatchBuilder, BatchResult, PendingBatch } from "./batch_builder.ts";
import type { BatchJob } from "./batch_job.ts";

/** What makes batches on one device. */
export type BatchMaker = Pick<BatchBuilder, "fit" | "submit" | "dispose">;

/** A batch from its submit, which may come late, to its result, which may be asked for twice. */
export class Flight {
  readonly jobs: readonly BatchJob[];
  /** Whether this is a job's second try, alone on the device. */
  readonly isLastTry: boolean;
  readonly #maker: BatchMaker;
  readonly #nowMs: () => number;
  #launchedMs = 0;
  #pending: PendingBatch | undefined;
  #fault: unknown;
  #result: Promise<BatchResult> | undefined;

  constructor(maker: BatchMaker, jobs: readonly BatchJob[], nowMs: () => number, isLastTry: boolean = false) {
    this.#maker = maker;
    this.#nowMs = nowMs;
    this.jobs = jobs;
    this.isLastTry = isLastTry;
  }

  /** Submits. What goes wrong is told by `collect`. */
  launch(): void {
    this.#launchedMs = this.#nowMs();
    try {
      this.#pending = this.#maker.submit(this.jobs);
    } catch (error) {
      this.#fault = error ?? new Error("The batch could not be submitted");
    }
  }

  get isLaunched(): boolean {
    return this.#pending !== undefined || this.#fault !== undefined;
  }

  /** Submits if that has not been done, and waits. */
  collect(): Promise<BatchResult> {
    if (!this.isLaunched) this.launch();
    return this.#result ??= this.#pending?.collect() ?? Promise.reject(this.#fault);
  }

  /** Time since the submit, shared out among the jobs. */
  get jobMs(): number {
    return (this.#nowMs() - this.#launchedMs) / Math.max(1, this.jobs.length);
  }
}
