/**
 * A server in a process of its own, so that its memory, descriptors and processor time are nobody else's. Prints its port,
 * a measurement for each line `measure` and the processor time alone for each line `cpu`.
 *
 * usage: deno run -A --v8-flags=--expose-gc tests/prove/server_child.ts bare|product [FLAGS AS JSON]
 */
import process from "node:process";
import type { ServerMeasurement } from "./measured_server.ts";

const [kind = "product", flags = "{}"] = Deno.args;
const port = kind === "bare" ? startBare() : await startProduct(JSON.parse(flags));
await print({ port });
for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  await print(line.startsWith("cpu") ? cpuMs() : await measure());
}
Deno.exit();

/** What the runtime does without us: upgrades everything and sends back what comes. */
function startBare(): number {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  return server.addr.port;
}

async function startProduct({ demo = false, ...flags }: Record<string, unknown>): Promise<number> {
  const [{ createApp }, { loadConfig }, { seededRandom, silentLogger, systemClock }] = await Promise.all([
    import("../../src/app.ts"),
    import("../../src/config/mod.ts"),
    import("../../src/observe/mod.ts"),
  ]);
  const defaults = { port: 0, "build.backend": "cpu", "log.level": "silent" };
  const { config } = loadConfig({ env: {}, flags: { ...defaults, ...flags } });
  const app = await createApp({ config, clock: systemClock, random: seededRandom(1), logger: silentLogger });
  const { port } = await app.start();
  if (demo) await app.startDemo();
  return port;
}

async function measure(): Promise<ServerMeasurement> {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    // Finalizers run between turns.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, heapTotal, external, rss } = Deno.memoryUsage();
  const descriptors = Deno.build.os === "linux"
    ? (await Array.fromAsync(Deno.readDir("/proc/self/fd"))).length
    : 0;
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    unexplainedBytes: rss - heapTotal - external,
    peakRssBytes: Deno.build.os === "linux" ? await highWaterMark() : rss,
    cpuMs: cpuMs(),
    descriptors,
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The most memory that this process ever had. */
async function highWaterMark(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

async function print(value: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(value) + "\n"));
}
