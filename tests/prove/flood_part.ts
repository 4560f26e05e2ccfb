import { RawSocket } from "../integration/raw_socket.ts";
import { WHOLE_WORLD } from "../integration/running_server.ts";
import { SocketClient } from "../integration/socket_client.ts";
import { MeasuredServer } from "./measured_server.ts";
import type { Proved } from "./property_part.ts";

const SECONDS = 10;
/** So long at most; what has not happened by then does not. */
const MAX_MS = 60_000;
const CLIENTS = 12;
const AT_ONCE = 32;
const WANTED_PER_SECOND = 1000;
/** Accepting is not slowed down for the measurement: what is promised is how fast it can be. */
const OPEN_LIMITS = {
  "limits.connects": 1_000_000,
  "limits.maxClientsPerAddress": 100_000,
  "streaming.maxClientsPerServer": 10_000,
  "limits.maxLoopLagMs": 60_000,
};

interface Flood {
  readonly perSecond: number;
  /** Accepted for each second of processor time that the server took. */
  readonly perCpuSecond: number;
}

/**
 * Connects as fast as they are answered, while a dozen clients are sent the demo scene: sockets accepted a second, beside
 * those of the bare runtime in the same run, and whether the clients went on getting frames.
 */
export async function floodPart(seconds: number = SECONDS): Promise<Proved> {
  const start = performance.now();
  await using bare = await MeasuredServer.start("bare");
  const floor = await flood(bare, seconds);
  await using product = await MeasuredServer.start("product", { ...OPEN_LIMITS, demo: true });
  const clients: SocketClient[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    clients.push(await SocketClient.connect(product.socketUrl()));
    await clients[i]!.register(WHOLE_WORLD);
  }
  const frames = () => clients.map((client) => client.frames.length);
  const before = frames();
  const served = () => frames().filter((count, i) => count > before[i]!).length;
  const found = await flood(product, seconds, () => served() === CLIENTS);
  const after = frames();
  for (const client of clients) await client[Symbol.asyncDispose]();
  const isFast = found.perSecond >= WANTED_PER_SECOND;
  return {
    // The rate is a number of this machine, said as it is; that nobody inside suffers is the promise.
    ok: served() === CLIENTS,
    seconds: (performance.now() - start) / 1000,
    summary: `${found.perSecond.toFixed(0)} sockets accepted a second (at least ${WANTED_PER_SECOND}: ` +
      `${
        isFast ? "met" : "NOT MET, the core that accepts is the core that streams"
      }) while ${served()} of ${CLIENTS} clients got ` +
      `${
        after.reduce((sum, count, i) => sum + count - before[i]!, 0)
      } frames (flood and clients on the same machine); ` +
      `${
        found.perCpuSecond.toFixed(0)
      } for each second of the server's processor time, streaming included; ` +
      `bare runtime, with nothing else to do: ${floor.perSecond.toFixed(0)} and ${
        floor.perCpuSecond.toFixed(0)
      }`,
  };
}

/** Connects for `seconds`, and until what is to happen meanwhile has happened. */
async function flood(
  server: MeasuredServer,
  seconds: number,
  hasHappened: () => boolean = () => true,
): Promise<Flood> {
  const { cpuMs } = await server.measure();
  const start = performance.now();
  const goesOn = () => {
    const tookMs = performance.now() - start;
    return tookMs < seconds * 1000 || (tookMs < MAX_MS && !hasHappened());
  };
  let accepted = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (goesOn()) {
      using socket = await RawSocket.connect(server.port);
      if (socket.response.status === 101) accepted++;
    }
  }));
  const tookMs = performance.now() - start;
  const tookCpuMs = (await server.measure()).cpuMs - cpuMs;
  return { perSecond: accepted / tookMs * 1000, perCpuSecond: accepted / tookCpuMs * 1000 };
}
