import { type AdapterSummary, GpuError } from "../../gpu/mod.ts";
import type { Tree } from "../../tree/mod.ts";
import { buffersOf } from "../transfer.ts";
import type { BatchJob } from "./batch_job.ts";
import { type BatchMaker, Flight } from "./flight.ts";
import { arraysOf, type GpuReplyMessage, type JobOutcome } from "./worker_messages.ts";

/** A device with its compiled shaders. */
export interface OpenGpu {
  readonly adapter: AdapterSummary;
  readonly maker: BatchMaker;
  /** Whether the device has gone away. */
  readonly isLost: boolean;
  /** Gives everything back. */
  close(): void;
}

/** Options of {@linkcode BatchLoop}. */
export interface BatchLoopOptions {
  /** @throws GpuError if there is no adapter, no device, or a shader does not compile */
  readonly open: () => Promise<OpenGpu>;
  readonly post: (message: GpuReplyMessage, transfer: Transferable[]) => void;
  /** Lets messages and news of the device come in. */
  readonly pause: () => Promise<void>;
  readonly nowMs: () => number;
}

/**
 * While the device works on one batch the next is uploaded; the device begins with it as soon as it is done with the first,
 * whose trees are taken apart meanwhile. Not earlier: waiting for one waits for everything that was submitted.
 */
const MAX_FLYING = 2;
/** Devices opened in a row without a batch that ended well, after which the jobs in flight are returned. */
const MAX_REOPENINGS = 3;
/** A message of answers ends at either, so that the main thread has its hands free between two. */
const MAX_ANSWERS = 32;
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/**
 * The life of the GPU in its Worker: jobs are taken in batches, one on the device and the next uploaded beside it, and
 * answered in order.
 * When the device is lost another is opened and the same jobs go out again; when memory is short the batch is halved,
 * down to a single region. What the GPU cannot do is returned with its samples: nothing is lost here.
 */
export class BatchLoop {
  readonly #options: BatchLoopOptions;
  readonly #waiting: BatchJob[] = [];
  #flying: Flight[] = [];
  #gpu: OpenGpu | undefined;
  #nextId = 0;
  #reopenings = 0;
  #isRunning = false;

  constructor(options: BatchLoopOptions) {
    this.#options = options;
  }

  /** Opens the device and begins with the jobs that have come meanwhile. Answers `opened` or `refused`. */
  async start(): Promise<void> {
    if (!await this.#open()) return;
    this.#post({ type: "opened", adapter: this.#gpu!.adapter });
    await this.#run();
  }

  /** Takes jobs; their ids go on from those before. */
  add(jobs: readonly BatchJob[]): Promise<void> {
    for (const job of jobs) this.#waiting.push(job);
    return this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning || this.#gpu === undefined) return;
    this.#isRunning = true;
    // More messages may be waiting: a full batch is worth more than an early one.
    await this.#options.pause();
    while (this.#gpu !== undefined) {
      this.#fill(this.#gpu);
      const flight = this.#flying.shift();
      if (flight === undefined) break;
      await this.#land(flight, this.#gpu);
      await this.#options.pause();
    }
    this.#isRunning = false;
  }

  #fill({ maker }: OpenGpu): void {
    while (this.#flying.length < MAX_FLYING && this.#waiting.length > 0) {
      const count = Math.max(1, maker.fit(this.#waiting));
      this.#flying.push(this.#flight(this.#waiting.splice(0, count)));
    }
    // The device first, then what it need not wait for.
    this.#launchNext();
    if (this.#flying.some(({ isAlone }) => isAlone)) return;
    for (const flight of this.#flying) flight.prepare();
  }

  #launchNext(): void {
    const next = this.#flying[0];
    if (next === undefined || next.isLaunched) return;
    next.launch();
    this.#post({ type: "working" });
  }

  /** Waits for the oldest batch and answers it, or brings its jobs under way again. */
  async #land(flight: Flight, gpu: OpenGpu): Promise<void> {
    const { jobs } = flight;
    try {
      const { outcomes, stats } = await flight.collect({
        // What the batch holds is given back only when its trees are taken.
        onDeviceFree: () => this.#flying[0]?.isAlone ? undefined : this.#launchNext(),
        onRetry: () => this.#post({ type: "working" }),
      });
      if (gpu.isLost) return await this.#reopen(flight, "The device was lost");
      this.#reopenings = 0;
      const { jobMs } = flight;
      this.#post({ type: "batch", stats });
      this.#answer(outcomes.map((outcome, i) => toOutcome(outcome, jobs[i]!)), jobMs);
    } catch (cause) {
      const error = toGpuError(cause);
      // News of a loss may come after the error that it led to.
      await this.#options.pause();
      if (gpu.isLost || error.kind === "lost") return await this.#reopen(flight, error.message);
      if (error.kind === "out-of-memory" && await this.#split(flight)) return;
      this.#giveBack(jobs, error);
    }
  }

  /** Sends the jobs of a batch that found no memory out again in two parts; false if there is no smaller part. */
  async #split({ jobs, isAlone }: Flight): Promise<boolean> {
    // What others hold on the device is free once they are read back, or were not submitted.
    const others = this.#flying.map((flight) => flight.isLaunched ? flight.collect() : flight.drop());
    await Promise.allSettled(others);
    this.#gpu?.maker.trim();
    if (jobs.length === 1) {
      if (isAlone || others.length === 0) return false;
      this.#flying.unshift(this.#flight(jobs, true));
      return true;
    }
    const half = jobs.length >>> 1;
    this.#flying.unshift(this.#flight(jobs.slice(0, half), true), this.#flight(jobs.slice(half), true));
    this.#post({ type: "working" });
    return true;
  }

  /** Opens another device and sends out the jobs that were in flight. */
  async #reopen(flight: Flight, reason: string): Promise<void> {
    const parts = [flight, ...this.#flying].map(({ jobs }) => jobs);
    this.#flying = [];
    this.#post({ type: "lost", message: reason });
    this.#gpu?.close();
    this.#gpu = undefined;
    if (++this.#reopenings > MAX_REOPENINGS) {
      this.#reopenings = 0;
      this.#giveBack(
        parts.splice(0).flat(),
        new GpuError("lost", `The device was lost again and again: ${reason}`),
      );
    }
    if (await this.#open(parts)) this.#flying = parts.map((jobs) => this.#flight(jobs));
  }

  /** @param parts jobs that are returned, together with those waiting, if no device can be had */
  async #open(parts: readonly (readonly BatchJob[])[] = []): Promise<boolean> {
    try {
      this.#gpu = await this.#options.open();
      return true;
    } catch (cause) {
      const error = toGpuError(cause);
      this.#return([...parts.flat(), ...this.#waiting.splice(0)], error);
      this.#post({ type: "refused", kind: error.kind, message: error.message });
      return false;
    }
  }

  #giveBack(jobs: readonly BatchJob[], error: GpuError): void {
    this.#post({ type: "failed", kind: error.kind, message: error.message });
    this.#return(jobs, error);
  }

  #return(jobs: readonly BatchJob[], { message }: GpuError): void {
    this.#answer(jobs.map(({ samples }) => ({ type: "returned", message, samples })), 0);
  }

  #answer(outcomes: readonly JobOutcome[], jobMs: number): void {
    for (let at = 0; at < outcomes.length;) {
      const part = outcomes.slice(at, at + answersThatFit(outcomes, at));
      const arrays = part.flatMap(arraysOf);
      this.#post({ type: "built", firstId: this.#nextId, outcomes: part, jobMs }, buffersOf(...arrays));
      this.#nextId += part.length;
      at += part.length;
    }
  }

  #flight(jobs: readonly BatchJob[], isAlone: boolean = false): Flight {
    return new Flight(this.#gpu!.maker, jobs, this.#options.nowMs, isAlone);
  }

  #post(message: GpuReplyMessage, transfer: Transferable[] = []): void {
    this.#options.post(message, transfer);
  }
}

/** How many outcomes from `at` on make one message: at least one. */
function answersThatFit(outcomes: readonly JobOutcome[], at: number): number {
  let bytes = 0;
  let count = 0;
  while (count < MAX_ANSWERS && at + count < outcomes.length) {
    for (const { byteLength } of arraysOf(outcomes[at + count]!)) bytes += byteLength;
    if (count > 0 && bytes > MAX_ANSWER_BYTES) break;
    count++;
  }
  return count;
}

function toOutcome(outcome: Tree | Error, { samples }: BatchJob): JobOutcome {
  if (!(outcome instanceof Error)) return { type: "tree", tree: outcome };
  const { name, message } = outcome;
  if (outcome instanceof GpuError) return { type: "returned", message, samples };
  return { type: "wrong", name, message };
}

function toGpuError(error: unknown): GpuError {
  if (error instanceof GpuError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new GpuError("internal", message, { cause: error });
}
