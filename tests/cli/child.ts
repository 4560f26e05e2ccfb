import { waitFor } from "../support/wait_for.ts";

const PROJECT = new URL("../../", import.meta.url);

/** A child of the tests; everything it writes is kept. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #ended: Deno.CommandStatus | undefined;
  out = "";
  error = "";

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
      this.#read(this.#process.stderr, (text) => this.error += text),
    ]);
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

/** Address of a server that is starting. */
export function urlOf(child: Child): Promise<string> {
  return waitFor(() => /listening at (\S+)/.exec(child.out)?.[1], {
    what: `the server (${child.error})`,
    deadlineMs: 30_000,
  });
}
