/** A script in a process of its own that answers each line of JSON with one. */
export class LineProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #chunks: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";

  /**
   * @param script path from the root of the project
   * @param args the script's own
   * @param flags the runtime's
   */
  constructor(script: string, args: readonly string[] = [], flags: readonly string[] = []) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-prompt", "--no-check", ...flags, script, ...args],
      cwd: new URL("../../", import.meta.url),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#chunks = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#input = this.#child.stdin.getWriter();
  }

  /** The next line. */
  async read<T>(): Promise<T> {
    while (true) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return JSON.parse(line);
      }
      const { value } = await this.#chunks.read();
      if (value === undefined) throw new Error("The process has ended");
      this.#rest += value;
    }
  }

  /** Sends a line and waits for the answer. */
  async ask<T>(line: unknown): Promise<T> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    return await this.read();
  }

  /** Lets the process end by itself. */
  async end(): Promise<void> {
    await this.#input.close();
    await this.#child.status;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await this.#input.abort().catch(() => {});
    await this.#chunks.cancel();
  }
}

/** The other end: answers each line of standard input. */
export async function answerLines<T>(answer: (line: T) => unknown): Promise<never> {
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      await printLine(await answer(JSON.parse(line)));
    }
  }
  Deno.exit();
}

/** Prints a value as one line. */
export async function printLine(value: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  for (let from = 0; from < bytes.length;) from += await Deno.stdout.write(bytes.subarray(from));
}
