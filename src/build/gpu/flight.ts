import type { BatchHooks, BatchResult } from "./batch.ts";
import type { BatchBuilder, PreparedBatch } from "./batch_builder.ts";
import type { BatchJob } from "./batch_job.ts";

/** What makes batches on one device. */
export type BatchMaker = Pick<BatchBuilder, "bytes" | "fit" | "prepare" | "trim" | "dispose">;

/** A batch from its upload to its result, which may be asked for twice. */
export class Flight {
  readonly jobs: readonly BatchJob[];
  /** Whether memory was short for it before: it has the device to itself. */
  readonly isAlone: boolean;
  readonly #maker: BatchMaker;
  readonly #nowMs: () => number;
  #launchedMs = 0;
  #pending: PreparedBatch | undefined;
  #isLaunched = false;
  #fault: unknown;
  #result: Promise<BatchResult> | undefined;

  constructor(maker: BatchMaker, jobs: readonly BatchJob[], nowMs: () => number, isAlone: boolean = false) {
    this.#maker = maker;
    this.#nowMs = nowMs;
    this.jobs = jobs;
    this.isAlone = isAlone;
  }

  /** Uploads, unless that has been done. What goes wrong is told by `collect`. */
  prepare(): void {
    if (this.#pending === undefined) this.#guarded(() => this.#pending = this.#maker.prepare(this.jobs));
  }

  /** Submits, unless that has been done. */
  launch(): void {
    if (this.#isLaunched) return;
    this.prepare();
    this.#isLaunched = true;
    this.#launchedMs = this.#nowMs();
    this.#guarded(() => this.#pending?.submit());
  }

  get isLaunched(): boolean {
    return this.#isLaunched;
  }

  /** Gives back what was uploaded and not submitted; it can be prepared again. */
  drop(): void {
    if (this.#isLaunched) return;
    this.#pending?.abandon();
    this.#pending = undefined;
    this.#fault = undefined;
  }

  /** Submits if that has not been done, and waits. */
  collect(hooks?: BatchHooks): Promise<BatchResult> {
    this.launch();
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    return this.#result ??= this.#pending!.collect(hooks);
  }

  #guarded(work: () => void): void {
    if (this.#fault !== undefined) return;
    try {
      work();
    } catch (error) {
      this.#fault = error ?? new Error("The batch could not be submitted");
    }
  }

  /** Time since the submit, shared out among the jobs. */
  get jobMs(): number {
    return (this.#nowMs() - this.#launchedMs) / Math.max(1, this.jobs.length);
  }
}
