/** What a server's process takes, after garbage has been collected. */
export interface ServerMeasurement {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly rssBytes: number;
  /** What of it neither the heap nor buffers explain. */
  readonly unexplainedBytes: number;
  /** The most that `rssBytes` ever was; where that cannot be told, what it is. */
  readonly peakRssBytes: number;
  /** Processor time of all threads since the start. */
  readonly cpuMs: number;
  /** Open files and sockets; 0 where that cannot be told. */
  readonly descriptors: number;
}

/** A server in a process of its own that can be measured from outside. */
export class MeasuredServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  /** What was asked before: one at a time. */
  #asked: Promise<unknown> = Promise.resolve();
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(
    child: Deno.ChildProcess,
    lines: ReadableStreamDefaultReader<string>,
    port: number,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.#input = child.stdin.getWriter();
    this.port = port;
  }

  /** Starts the bare runtime, which echoes, or the product with these settings (`demo`: with the demo scene). */
  static async start(
    kind: "bare" | "product",
    flags: Readonly<Record<string, unknown>> = {},
  ): Promise<MeasuredServer> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-prompt", "--no-check", "--v8-flags=--expose-gc"],
        ...["tests/prove/server_child.ts", kind, JSON.stringify(flags)],
      ],
      cwd: new URL("../../", import.meta.url),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await lines.read();
    if (value === undefined) throw new Error("The server's process ended before it said its port");
    return new MeasuredServer(child, lines, JSON.parse(value).port);
  }

  /** Address of a path's socket. */
  socketUrl(path = "render"): string {
    return `ws://127.0.0.1:${this.port}/ws/${path}`;
  }

  /** Collects garbage there, and measures. */
  measure(): Promise<ServerMeasurement> {
    return this.#ask("measure") as Promise<ServerMeasurement>;
  }

  /** Processor time of all its threads since the start, without collecting anything. */
  cpuMs(): Promise<number> {
    return this.#ask("cpu") as Promise<number>;
  }

  #ask(line: string): Promise<unknown> {
    const answer = this.#asked.then(() => this.#answer(line));
    this.#asked = answer.catch(() => {});
    return answer;
  }

  async #answer(line: string): Promise<unknown> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    const { value } = await this.#lines.read();
    if (value === undefined) throw new Error("The server's process has ended");
    return JSON.parse(value);
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#input.abort().catch(() => {});
    await this.#lines.cancel();
  }
}
