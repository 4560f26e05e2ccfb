import type { Clock, TimerId } from "../../observe/mod.ts";
import { BuildAbortedError, type BuildResult } from "../builder.ts";
import { buffersOf } from "../transfer.ts";
import { type PendingTask, taskArrays } from "./pending_task.ts";
import { PROGRESS, type TaskAnswer, type WorkerReply, type WorkMessage } from "./worker_messages.ts";

/** Options of {@linkcode BuildWorker}. */
export interface BuildWorkerOptions {
  readonly url: URL;
  readonly clock: Clock;
  /** Time that one task may take before its Worker is given up. */
  readonly buildTimeoutMs: number;
  /** The Worker has loaded. */
  readonly onReady: () => void;
  /** Tasks are done, so there may be room for others. */
  readonly onRoom: () => void;
  /** The Worker is gone and its tasks are rejected. */
  readonly onDeath: (error: BuildAbortedError) => void;
}

/**
 * One Worker and the tasks sent to it, which it answers in order. When a task takes too long or the Worker dies, the task
 * that it had begun last is to blame; all others that it has not answered are lost, because their arrays moved with them.
 */
export class BuildWorker {
  readonly #options: BuildWorkerOptions;
  readonly #worker: Worker;
  readonly #tasks: PendingTask[] = [];
  /** Shared with the Worker; see {@linkcode PROGRESS}. */
  readonly #progress: Int32Array = new Int32Array(new SharedArrayBuffer(8)).fill(-1);
  #nextId = 0;
  #headId = 0;
  #cells = 0;
  #timer: TimerId | undefined;
  #isReady = false;
  #isDead = false;

  constructor(options: BuildWorkerOptions) {
    this.#options = options;
    this.#worker = new Worker(options.url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => this.#receive(data);
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

  /** Memory of the Worker's heap and buffers after its newest message. */
  get memoryBytes(): number {
    return Math.max(0, Atomics.load(this.#progress, PROGRESS.memoryKiB)) * 1024;
  }

  /** Tasks sent and not answered. */
  get load(): number {
    return this.#tasks.length;
  }

  /** Samples and nodes of these. */
  get cells(): number {
    return this.#cells;
  }

  /** Sends tasks as one message; their arrays are gone here afterwards. One that cannot be sent is rejected alone. */
  send(group: readonly PendingTask[]): void {
    const message: WorkMessage = {
      firstId: this.#nextId,
      tasks: group.map(({ task }) => task),
      progress: this.#progress,
    };
    try {
      this.#worker.postMessage(message, group.flatMap(({ task }) => buffersOf(...taskArrays(task))));
    } catch (cause) {
      // Nothing has moved then. Whose arrays are gone, or are those of another task, shows one by one.
      if (group.length > 1) group.forEach((one) => this.send([one]));
      else group[0]?.reject(new TypeError("Cannot send the arrays to a build Worker", { cause }));
      return;
    }
    this.#nextId += group.length;
    if (this.#tasks.length === 0) this.#startTimer();
    for (const pending of group) {
      this.#tasks.push(pending);
      this.#cells += pending.cells;
    }
  }

  /** Ends the Worker and rejects its tasks with `error`. */
  terminate(error: Error): void {
    if (this.#stop()) {
      for (const { reject } of this.#tasks.splice(0)) reject(error);
    }
  }

  #receive(reply: WorkerReply): void {
    if (this.#isDead) return;
    if (reply.type === "ready") {
      this.#isReady = true;
      this.#options.onReady();
      return;
    }
    for (const answer of reply.answers) {
      if (answer.id !== this.#headId || this.#tasks.length === 0) {
        this.#die(new BuildAbortedError("crash", `The build Worker answered task ${answer.id} out of turn`));
        return;
      }
      this.#headId++;
      const pending = this.#tasks.shift()!;
      this.#cells -= pending.cells;
      settle(pending, answer);
    }
    this.#options.clock.clearTimeout(this.#timer!);
    if (this.#tasks.length > 0) this.#startTimer();
    this.#options.onRoom();
  }

  /** For the task that the Worker has begun by now, or begins next: what it has done is answered within milliseconds. */
  #startTimer(): void {
    const { clock, buildTimeoutMs } = this.#options;
    this.#timer = clock.setTimeout(() => {
      this.#die(new BuildAbortedError("timeout", `The build took longer than ${buildTimeoutMs} ms`));
    }, buildTimeoutMs);
  }

  #die(error: BuildAbortedError): void {
    if (!this.#stop()) return;
    const blamed = Math.max(0, Atomics.load(this.#progress, PROGRESS.task) - this.#headId);
    const lost = new BuildAbortedError("lost", `The build was lost with its Worker: ${error.message}`);
    this.#tasks.splice(0).forEach(({ reject }, i) => reject(i === blamed ? error : lost));
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

function settle({ resolve, reject }: PendingTask, answer: TaskAnswer): void {
  if (answer.type === "done") {
    const result: BuildResult = {
      tree: answer.tree,
      payloads: new Map(answer.payloads),
      buildMs: answer.tookMs,
    };
    resolve(result);
  } else {
    reject(answer.name === "RangeError" ? new RangeError(answer.message) : new Error(answer.message));
  }
}
