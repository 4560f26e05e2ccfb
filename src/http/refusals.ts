import { type ItemError, VoxcastError } from "../protocol/mod.ts";
import { MAX_LISTED_ERRORS } from "./problem.ts";

/** The items of one bulk body that are refused: all are counted, the first thousand described. */
export class Refusals {
  readonly #listed: ItemError[] = [];
  #count = 0;

  /** Refuses one item; `describe` is only called while descriptions are wanted, as it may be slow. */
  add(describe: () => readonly ItemError[]): void {
    this.#count++;
    if (this.#listed.length < MAX_LISTED_ERRORS) this.#listed.push(...describe());
  }

  /** How many items were refused. */
  get count(): number {
    return this.#count;
  }

  /**
   * Refuses the whole body if it has a refused item.
   * @throws {VoxcastError} with the code of the first item
   */
  refuseAll(): void {
    const first = this.#listed[0];
    if (first === undefined) return;
    const message =
      `Nothing was changed: ${this.#count} of the items cannot be taken, the first is ${first.index}: ` +
      first.message;
    throw new VoxcastError(first.code, message, { details: this.#listed });
  }

  /** The `errors` and `error_count` of an answer. */
  answer(): { errors: ItemError[]; error_count: number } {
    return { errors: this.#listed.slice(0, MAX_LISTED_ERRORS), error_count: this.#count };
  }
}
