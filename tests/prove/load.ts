/** Messages back and forth, as fast as the server answers. */
export interface EchoLoad {
  readonly kind: "echo";
  readonly port: number;
  readonly path: string;
  readonly sockets: number;
  /** Messages on their way in each socket. */
  readonly window: number;
  readonly text: string;
  readonly warmMs: number;
  readonly measureMs: number;
}

export interface EchoResult {
  /** Messages sent and answered, the first ones included. */
  readonly answers: number;
  /** The same for each second after the first ones. */
  readonly perSecond: number;
}

/** Messages at a fixed rate. */
export interface PacedLoad {
  readonly kind: "paced";
  readonly port: number;
  readonly path: string;
  readonly sockets: number;
  /** Over all sockets. */
  readonly perSecond: number;
  readonly text: string;
  readonly warmMs: number;
  readonly measureMs: number;
}

export interface PacedResult {
  /** Answers that came. */
  readonly perSecond: number;
  /** From when a message was due to its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Sockets that say nothing of their own. */
export interface IdleLoad {
  readonly kind: "idle";
  readonly port: number;
  readonly path: string;
  readonly sockets: number;
}

/** Runs a load in a process of its own. */
export async function runLoad(load: EchoLoad): Promise<EchoResult>;
export async function runLoad(load: PacedLoad): Promise<PacedResult>;
export async function runLoad(load: EchoLoad | PacedLoad): Promise<EchoResult | PacedResult> {
  const { success, stdout } = await command(load).output();
  if (!success) throw new Error("The load's process failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Opens sockets in a process of its own, and holds them until it is disposed. */
export async function holdSockets(load: IdleLoad): Promise<AsyncDisposable> {
  const child = command(load).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  if (value === undefined) throw new Error("The load's process failed");
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
    },
  };
}

function command(load: EchoLoad | PacedLoad | IdleLoad): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", "tests/prove/load_child.ts", JSON.stringify(load)],
    cwd: new URL("../../", import.meta.url),
    stdout: "piped",
  });
}
