import { waitFor } from "../support/wait_for.ts";

const PROJECT = new URL("../../", import.meta.url);

/** What the runtime writes when several of it start at once, whatever the program. */
const RUNTIME_NOTICE = /^Blocking waiting for file lock on .*\n?/gm;

/** A child of the tests; everything it writes is kept. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #ended: Deno.CommandStatus | undefined;
  #error = "";
  out = "";

  constructor(path: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = new Deno.Command(path, {
      args: [...args],
      cwd: PROJECT,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process.status.then((status) => this.#ended = status);
    this.#reading = Promise.all([
      this.#read(this.#process.stdout, (text) => this.out += text),
      this.#read(this.#process.stderr, (text) => this.#error += text),
    ]);
  }

  /** What it wrote to standard error, without what the runtime says of its own. */
  get error(): string {
    return this.#error.replaceAll(RUNTIME_NOTICE, "");
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Exit code, once it has ended and everything that it wrote is here. Throws if it goes on for a minute. */
  async code(): Promise<number> {
    const { code } = await waitFor(() => this.#ended, {
      what: `the end of the child (${this.error})`,
      deadlineMs: 60_000,
    });
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It has ended already.
    }
    await this.code();
  }

  async #read(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) take(decoder.decode(bytes, { stream: true }));
  }
}

/** Address of a server that is starting. Throws with what it wrote if it ends instead, or does not come up. */
export async function urlOf(child: Child): Promise<string> {
  try {
    return await waitFor(() => {
      if (child.hasEnded) throw new Error("The server ended before it listened");
      return /listening at (\S+)/.exec(child.out)?.[1];
    }, { what: "the server", deadlineMs: 60_000 });
  } catch (error) {
    // Its last words may still be on the way.
    if (child.hasEnded) await child.code();
    throw new Error(`${(error as Error).message}: ${child.error}${child.out}`);
  }
}
