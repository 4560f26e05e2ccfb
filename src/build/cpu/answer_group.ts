import { treeBytes } from "../../tree/mod.ts";
import { buffersOf } from "../transfer.ts";
import type { TaskAnswer } from "./worker_messages.ts";

/** Trees and payloads that one message holds at most, but for the one that goes beyond. */
const MAX_GROUP_BYTES = 1 << 20;
/** Time that an answer waits for company; quick tasks share a message, slow ones are answered at once. */
const MAX_WAIT_MS = 4;

/** Collects the answers of a Worker until they are worth a message. */
export class AnswerGroup {
  readonly #post: (answers: readonly TaskAnswer[], transfer: ArrayBuffer[]) => void;
  #answers: TaskAnswer[] = [];
  #transfer: ArrayBuffer[] = [];
  #bytes = 0;
  #lastPostMs = 0;

  /** @param post sends answers and moves their buffers */
  constructor(post: (answers: readonly TaskAnswer[], transfer: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** The Worker takes up work at this time. */
  begin(nowMs: number): void {
    this.#lastPostMs = nowMs;
  }

  add(answer: TaskAnswer, nowMs: number): void {
    this.#answers.push(answer);
    if (answer.type === "done") {
      const payloads = answer.payloads.map(([, payload]) => payload);
      const { counts, masks, colors, materials } = answer.tree;
      this.#transfer.push(...buffersOf(counts, masks, colors, materials, ...payloads));
      this.#bytes += payloads.reduce((sum, { length }) => sum + length, treeBytes(answer.tree));
    }
    if (this.#bytes >= MAX_GROUP_BYTES || nowMs - this.#lastPostMs >= MAX_WAIT_MS) this.flush(nowMs);
  }

  /** Sends what there is. */
  flush(nowMs: number): void {
    this.#lastPostMs = nowMs;
    if (this.#answers.length === 0) return;
    const answers = this.#answers;
    const transfer = this.#transfer;
    this.#answers = [];
    this.#transfer = [];
    this.#bytes = 0;
    this.#post(answers, transfer);
  }
}
