import type { CliIo } from "../../src/cli/io.ts";

/** A terminal that remembers what was written to it. */
export class MemoryIo implements CliIo {
  readonly isTerminal = false;
  readonly columns = 80;
  #out = "";
  #error = "";

  out(text: string): void {
    this.#out += text;
  }

  error(text: string): void {
    this.#error += text;
  }

  /** Everything written to standard output so far. */
  get outText(): string {
    return this.#out;
  }

  /** Everything written to standard error so far. */
  get errorText(): string {
    return this.#error;
  }
}
