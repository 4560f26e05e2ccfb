const LINK_LATENCY_MS = 400;
const BURST_BYTES = 4 * 1024;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * A link of a given rate between this network and another one on the same machine: a namespace with a veth pair, shaped by
 * `tbf` on the way in. Its addresses are of the range that RFC 2544 keeps for measurements.
 */
export class SlowLink implements AsyncDisposable {
  /** Of this side, where servers listen ... */
  readonly hostAddress: string;
  /** ... and of the far one. */
  readonly clientAddress: string;
  readonly #name: string;
  readonly #onSignal: () => void;

  private constructor(name: string, subnet: number) {
    this.#name = name;
    this.#onSignal = () => void remove(name).finally(() => Deno.exit(1));
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#onSignal);
    this.hostAddress = `198.18.${subnet}.1`;
    this.clientAddress = `198.18.${subnet}.2`;
  }

  /** Why there can be none on this machine, if so. Leaves nothing behind. */
  static async lack(): Promise<string | undefined> {
    if (Deno.build.os !== "linux") return "network namespaces are of Linux";
    if (Deno.uid() !== 0) return "a network namespace needs root";
    const name = uniqueName();
    try {
      await run("tc", "-Version");
      await run("ip", "netns", "add", name);
    } catch (error) {
      return `no network namespace can be made (${(error as Error).message})`;
    }
    try {
      const [near, far] = ends(name);
      await run("ip", "link", "add", near, "type", "veth", "peer", "name", far);
      await run("tc", "qdisc", "add", "dev", near, "root", ...shape(1));
    } catch (error) {
      return `no link can be shaped (${(error as Error).message})`;
    } finally {
      await remove(name);
    }
    return undefined;
  }

  /** Makes one, which is taken down too when the process is told to end. */
  static async open(mbit: number): Promise<SlowLink> {
    const name = uniqueName();
    const link = new SlowLink(name, crypto.getRandomValues(new Uint8Array(1))[0]!);
    try {
      const [near, far] = ends(name);
      const inside = ["netns", "exec", name, "ip"];
      await run("ip", "netns", "add", name);
      await run("ip", "link", "add", near, "type", "veth", "peer", "name", far);
      await run("ip", "link", "set", far, "netns", name);
      await run("ip", "addr", "add", `${link.hostAddress}/30`, "dev", near);
      await run("ip", "link", "set", near, "up");
      await run("ip", ...inside, "addr", "add", `${link.clientAddress}/30`, "dev", far);
      await run("ip", ...inside, "link", "set", far, "up");
      await run("tc", "qdisc", "add", "dev", near, "root", ...shape(mbit));
      return link;
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Changes the rate while things are on their way. */
  async setMbit(mbit: number): Promise<void> {
    await run("tc", "qdisc", "change", "dev", ends(this.#name)[0], "root", ...shape(mbit));
  }

  /** Runs a script of the project on the far side until it ends; returns the line that it printed, read as JSON. */
  async runBehind<T>(script: string, ...args: readonly string[]): Promise<T> {
    const deno = [Deno.execPath(), "run", "-A", "--no-prompt", "--no-check", script, ...args];
    return JSON.parse(await run("ip", "netns", "exec", this.#name, ...deno));
  }

  /** Takes it down, with all that runs behind it cut off. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
    return remove(this.#name);
  }
}

function uniqueName(): string {
  return `vox${crypto.getRandomValues(new Uint8Array(4)).toHex()}`;
}

/** Names of the two ends; at most 15 characters. */
function ends(name: string): [near: string, far: string] {
  return [`${name}n`, `${name}f`];
}

function shape(mbit: number): string[] {
  return ["tbf", "rate", `${mbit}mbit`, "burst", `${BURST_BYTES}`, "latency", `${LINK_LATENCY_MS}ms`];
}

async function remove(name: string): Promise<void> {
  await run("ip", "link", "del", ends(name)[0]).catch(() => {});
  await run("ip", "netns", "del", name).catch(() => {});
}

/** Runs a program; returns what it printed. Throws with its complaint if it fails. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${program} ${args[0]}: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}
