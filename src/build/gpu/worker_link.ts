import type { Clock, TimerId } from "../../observe/mod.ts";
import { areGone, buffersOf, movableSamples } from "../transfer.ts";
import { BuildAbortedError, type BuildJob } from "../builder.ts";
import type { BatchJob } from "./batch_job.ts";
import type { GpuBatchLimits, GpuReplyMessage, GpuRequestMessage, JobOutcome } from "./worker_messages.ts";

/** A job and whom to tell. */
export interface SentJob {
  readonly job: BuildJob;
  readonly settle: (outcome: JobOutcome, jobMs: number) => void;
  readonly reject: (error: Error) => void;
}

/** What befell the Worker or its device; `died` ends the link, as `refused` does. */
export type GpuNews =
  | Exclude<GpuReplyMessage, { readonly type: "built" | "working" }>
  | { readonly type: "died"; readonly isHung: boolean; readonly message: string };

/** Options of {@linkcode WorkerLink}. */
export interface WorkerLinkOptions {
  readonly url: URL;
  readonly wish: string;
  readonly batch: GpuBatchLimits;
  readonly clock: Clock;
  /** Longest silence of a Worker that owes an answer, for each 262,144 voxels of its next two batches. */
  readonly batchTimeoutMs: number;
  readonly onNews: (news: GpuNews) => void;
}

/** Voxels for which a Worker may be silent once the whole time: a slow device is no device that hangs. */
const VOXELS_PER_TIMEOUT = 262_144;

/**
 * One GPU Worker and what it owes: to open its device, then an answer to each job, in order. It may take long over all,
 * but not be silent for long: a thread that waits for a GPU that hangs says nothing and cannot be asked.
 */
export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  readonly #worker: Worker;
  readonly #sent: SentJob[] = [];
  /** Voxels of each of them: their samples are gone here. */
  readonly #voxels: number[] = [];
  /** Not sent before the device is open, so that they are still here if it cannot be opened. */
  readonly #held: SentJob[][] = [];
  #isOpening = true;
  #isDead = false;
  #headId = 0;
  #timer: TimerId | undefined;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
    this.#worker = new Worker(options.url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<GpuReplyMessage>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(false, `The GPU Worker died: ${event.message}`);
    };
    this.#worker.onmessageerror = () => this.#die(false, "The GPU Worker sent a message that cannot be read");
    this.#post({ type: "open", wish: options.wish, options: options.batch }, []);
    this.#watch();
  }

  /** Whether the device has been opened. */
  get isOpen(): boolean {
    return !this.#isOpening;
  }

  /** Sends jobs as one message; their samples are gone here afterwards. Samples that have gone before reject the job. */
  send(jobs: readonly SentJob[]): void {
    if (this.#isOpening) {
      this.#held.push([...jobs]);
      return;
    }
    const message: BatchJob[] = [];
    const moving = new Set<ArrayBuffer>();
    for (const one of jobs) {
      const { kind, depth } = one.job;
      const samples = movableSamples(one.job.samples);
      const buffers = buffersOf(samples.keys, samples.colors, samples.materials);
      if (areGone(samples) || buffers.some((buffer) => moving.has(buffer))) {
        one.reject(
          new TypeError("Cannot send the samples to the GPU Worker, they have been handed over before"),
        );
        continue;
      }
      for (const buffer of buffers) moving.add(buffer);
      message.push({ kind, depth, samples });
      this.#sent.push(one);
      this.#voxels.push(samples.keys.length);
    }
    if (message.length === 0) return;
    this.#post({ type: "build", jobs: message }, [...moving]);
    if (this.#timer === undefined) this.#watch();
  }

  /** Ends the Worker and rejects its jobs with `error`. */
  terminate(error: Error): void {
    if (!this.#stop()) return;
    this.#voxels.length = 0;
    for (const { reject } of [...this.#sent.splice(0), ...this.#held.splice(0).flat()]) reject(error);
  }

  /** Hands back what was not sent, and ends. */
  #giveUp(message: string): void {
    for (const { job: { samples }, settle } of this.#held.splice(0).flat()) {
      settle({ type: "returned", message, samples }, 0);
    }
    this.terminate(new BuildAbortedError("device", message));
  }

  #receive(reply: GpuReplyMessage): void {
    if (this.#isDead) return;
    switch (reply.type) {
      case "working":
        break;
      case "built":
        if (reply.firstId !== this.#headId || reply.outcomes.length > this.#sent.length) {
          this.#die(false, `The GPU Worker answered job ${reply.firstId} out of turn`);
          return;
        }
        this.#headId += reply.outcomes.length;
        this.#voxels.splice(0, reply.outcomes.length);
        this.#sent.splice(0, reply.outcomes.length).forEach(({ settle }, i) => {
          settle(reply.outcomes[i]!, reply.jobMs);
        });
        break;
      case "refused":
        this.#giveUp(reply.message);
        this.#options.onNews(reply);
        return;
      case "opened":
        this.#isOpening = false;
        this.#options.onNews(reply);
        for (const jobs of this.#held.splice(0)) this.send(jobs);
        break;
      default:
        this.#options.onNews(reply);
    }
    if (!this.#isDead) this.#watch();
  }

  /** Begins to count the silence anew, if anything is owed. */
  #watch(): void {
    const { clock } = this.#options;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isOpening && this.#sent.length === 0) return;
    this.#wait(clock.monotonic(), this.#patienceMs());
  }

  #wait(sinceMs: number, patienceMs: number): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(() => {
      // Jobs that came meanwhile may have gone into the same batch.
      const nowPatientMs = this.#patienceMs();
      if (nowPatientMs > patienceMs) this.#wait(sinceMs, nowPatientMs);
      else {
        this.#die(
          true,
          `The GPU did not answer for ${patienceMs} ms (gpu.batchTimeoutMs allows it no longer)`,
        );
      }
    }, sinceMs + patienceMs - clock.monotonic());
  }

  /** Longest silence for what is owed: the Worker says nothing before the first of its next two batches is done. */
  #patienceMs(): number {
    const { batchTimeoutMs, batch } = this.#options;
    let voxels = 0;
    for (const owed of this.#voxels) {
      voxels += owed;
      if (voxels >= 2 * batch.maxBatchVoxels) break;
    }
    return batchTimeoutMs * Math.max(1, Math.ceil(voxels / VOXELS_PER_TIMEOUT));
  }

  #die(isHung: boolean, message: string): void {
    if (this.#isDead) return;
    this.#giveUp(message);
    this.#options.onNews({ type: "died", isHung, message });
  }

  /** @returns whether the Worker lived until now */
  #stop(): boolean {
    if (this.#isDead) return false;
    this.#isDead = true;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#worker.terminate();
    return true;
  }

  #post(message: GpuRequestMessage, transfer: Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }
}
