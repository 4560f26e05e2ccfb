import type { Clock, TimerId } from "../../observe/mod.ts";
import { BuildAbortedError, type BuildJob, type BuildResult } from "../builder.ts";
import { type BuildReplyMessage, type BuildRequestMessage, handOver } from "./worker_messages.ts";

/** A job and whom to tell. */
export interface PendingBuild {
  readonly job: BuildJob;
  readonly resolve: (result: BuildResult) => void;
  readonly reject: (error: Error) => void;
}

/** Options of {@linkcode BuildWorker}. */
export interface BuildWorkerOptions {
  readonly url: URL;
  readonly clock: Clock;
  /** Time that one job may take before its Worker is given up. */
  readonly buildTimeoutMs: number;
  /** The Worker has loaded. */
  readonly onReady: () => void;
  /** A job is done, so there is room for another. */
  readonly onRoom: () => void;
  /** The Worker is gone and its jobs are rejected. */
  readonly onDeath: (error: BuildAbortedError) => void;
}

/**
 * One Worker and the jobs sent to it, which it answers in order. The first of them is the one being built: when it takes
 * too long or the Worker dies, that job is to blame, and those behind it are lost because their samples moved with them.
 */
export class BuildWorker {
  readonly #options: BuildWorkerOptions;
  readonly #worker: Worker;
  readonly #jobs: PendingBuild[] = [];
  #nextId = 0;
  #headId = 0;
  #timer: TimerId | undefined;
  #isReady = false;
  #isDead = false;

  constructor(options: BuildWorkerOptions) {
    this.#options = options;
    this.#worker = new Worker(options.url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<BuildReplyMessage>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(new BuildAbortedError("crash", `The build Worker died: ${event.message}`));
    };
    this.#worker.onmessageerror = () => {
      this.#die(new BuildAbortedError("crash", "The build Worker sent a message that cannot be read"));
    };
  }

  /** Whether the Worker ever loaded. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Jobs sent and not answered. */
  get load(): number {
    return this.#jobs.length;
  }

  /** Sends a job; its samples are gone here afterwards. Samples that cannot be sent reject the job alone. */
  send(pending: PendingBuild): void {
    try {
      const { job, transfer } = handOver(pending.job);
      const message: BuildRequestMessage = { type: "build", id: this.#nextId, job };
      this.#worker.postMessage(message, transfer);
    } catch (cause) {
      pending.reject(new TypeError("Cannot send the samples to a build Worker", { cause }));
      return;
    }
    this.#nextId++;
    this.#jobs.push(pending);
    if (this.#jobs.length === 1) this.#startTimer();
  }

  /** Ends the Worker and rejects its jobs with `error`. */
  terminate(error: Error): void {
    if (this.#stop()) {
      for (const { reject } of this.#jobs.splice(0)) reject(error);
    }
  }

  #receive(reply: BuildReplyMessage): void {
    if (this.#isDead) return;
    if (reply.type === "ready") {
      this.#isReady = true;
      this.#options.onReady();
      return;
    }
    if (reply.id !== this.#headId || this.#jobs.length === 0) {
      this.#die(new BuildAbortedError("crash", `The build Worker answered job ${reply.id} out of turn`));
      return;
    }
    this.#headId++;
    const { resolve, reject } = this.#jobs.shift()!;
    this.#options.clock.clearTimeout(this.#timer!);
    if (this.#jobs.length > 0) this.#startTimer();
    if (reply.type === "built") {
      resolve({ tree: reply.tree, payloads: new Map(reply.payloads), buildMs: reply.buildMs });
    } else {
      reject(reply.name === "RangeError" ? new RangeError(reply.message) : new Error(reply.message));
    }
    this.#options.onRoom();
  }

  #startTimer(): void {
    const { clock, buildTimeoutMs } = this.#options;
    this.#timer = clock.setTimeout(() => {
      this.#die(new BuildAbortedError("timeout", `The build took longer than ${buildTimeoutMs} ms`));
    }, buildTimeoutMs);
  }

  #die(error: BuildAbortedError): void {
    if (!this.#stop()) return;
    const [first, ...rest] = this.#jobs.splice(0);
    first?.reject(error);
    const lost = new BuildAbortedError("lost", `The build was lost with its Worker: ${error.message}`);
    for (const { reject } of rest) reject(lost);
    this.#options.onDeath(error);
  }

  /** @returns whether the Worker lived until now */
  #stop(): boolean {
    if (this.#isDead) return false;
    this.#isDead = true;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#worker.terminate();
    return true;
  }
}
