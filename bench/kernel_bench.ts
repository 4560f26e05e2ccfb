/**
 * The connection kernel under load, each time against the bare runtime in the same run: 48 byte messages over 50 sockets
 * as fast as they are answered, the latency of 10,000 a second over 500, memory of a session, and what the heartbeats of
 * 1,000 idle connections cost. Server and clients are processes of their own, so the server has one core. That the clients
 * are not what is measured shows in the base line: the same clients get more out of the bare runtime.
 */
import { holdSockets, runLoad } from "../tests/prove/load.ts";
import { MeasuredServer } from "../tests/prove/measured_server.ts";
import { needs } from "../tests/support/needs.ts";
import { once, verdict } from "./support/once.ts";
import { median } from "./support/ratio.ts";

const ROUNDS = 3;
const PATH = "/ws/render";
/** Limits are on, and out of the way. */
const RAISED = {
  "limits.messagesPerSecond": 10_000_000,
  "limits.serverMessagesPerSecond": 100_000_000,
  "limits.connects": 1_000_000,
  "limits.maxClientsPerAddress": 10_000,
  "streaming.maxClientsPerServer": 10_000,
};
const TEXT = '{"type":"PING","timestamp":1767225600000,"a":12}';

const need = await needs({ net: "127.0.0.1" }, { read: true }, { run: "deno" });

once(need, "48 byte messages over 50 sockets", async (name) => {
  await using bare = await MeasuredServer.start("bare");
  await using product = await MeasuredServer.start("product", RAISED);
  const rates: { bare: Rate; product: Rate }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rates.push({ bare: await echoRate(bare), product: await echoRate(product) });
  }
  const middle = (pick: (round: { bare: Rate; product: Rate }) => number) => median(rates.map(pick));
  const perSecond = middle(({ product }) => product.perSecond);
  const perCpuSecond = middle(({ product }) => product.perCpuSecond);
  const ratio = middle(({ bare, product }) => product.perCpuSecond / bare.perCpuSecond);
  return `${name}: ${perSecond.toFixed(0)} messages/s in and as many out, ${
    perCpuSecond.toFixed(0)
  } for each second of ` +
    `one core (at least 40000: ${verdict(perCpuSecond >= 40_000)}); the bare runtime's echo has ` +
    `${middle(({ bare }) => bare.perSecond).toFixed(0)} and ${
      middle(({ bare }) => bare.perCpuSecond).toFixed(0)
    }, ` +
    `ratio ${ratio.toFixed(2)} (at least 0.60: ${
      verdict(ratio >= 0.6)
    }), ${TEXT.length} bytes, medians of ${ROUNDS}`;
});

once(need, "Latency at 10,000 messages a second over 500 sockets", async (name) => {
  await using bare = await MeasuredServer.start("bare");
  await using product = await MeasuredServer.start("product", RAISED);
  const latency = ({ port }: MeasuredServer) =>
    runLoad({
      kind: "paced",
      port,
      path: PATH,
      sockets: 500,
      perSecond: 10_000,
      text: TEXT,
      warmMs: 2000,
      measureMs: 5000,
    });
  const [floor, found] = [await latency(bare), await latency(product)];
  return `${name}: p99 ${found.p99Ms.toFixed(2)} ms (below 10: ${verdict(found.p99Ms < 10)}), p50 ` +
    `${found.p50Ms.toFixed(2)}, longest ${found.maxMs.toFixed(1)}, ${
      found.perSecond.toFixed(0)
    } answers/s; ` +
    `bare runtime p99 ${floor.p99Ms.toFixed(2)} ms, p50 ${floor.p50Ms.toFixed(2)}`;
});

once(need, "Heap of a plain session", async (name) => {
  const sockets = 1000;
  const bytesEach = async (kind: "bare" | "product") => {
    await using server = await MeasuredServer.start(kind, kind === "bare" ? {} : RAISED);
    // The first connections make what all share.
    await holdSockets({ kind: "idle", port: server.port, path: PATH, sockets: 50 }).then((held) =>
      held[Symbol.asyncDispose]()
    );
    const before = await server.measure();
    await using _held = await holdSockets({ kind: "idle", port: server.port, path: PATH, sockets });
    const after = await server.measure();
    return (after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes) / sockets;
  };
  const [floor, found] = [await bytesEach("bare"), await bytesEach("product")];
  return `${name}: ${(found - floor).toFixed(0)} bytes (at most 4096: ${verdict(found - floor <= 4096)}), ` +
    `${found.toFixed(0)} with the runtime's own socket of ${
      floor.toFixed(0)
    }, mean of ${sockets} connections`;
});

once(need, "Heartbeats of 1,000 idle connections", async (name) => {
  const sockets = 1000;
  await using server = await MeasuredServer.start("product", RAISED);
  const alone = await cpuShare(server, 30_000);
  await using _held = await holdSockets({ kind: "idle", port: server.port, path: PATH, sockets });
  const share = await cpuShare(server, 60_000) - alone;
  return `${name}: ${(100 * share).toFixed(2)} % of a core (below 1: ${
    verdict(share < 0.01)
  }) more than the ` +
    `${
      (100 * alone).toFixed(2)
    } % of the server alone, over a minute of real time; the runtime's own pings included`;
});

/** Share of one core that a server takes while nobody does anything. */
async function cpuShare(server: MeasuredServer, measureMs: number): Promise<number> {
  // What has just been begun comes to its end first.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const before = await server.cpuMs();
  await new Promise((resolve) => setTimeout(resolve, measureMs));
  return (await server.cpuMs() - before) / measureMs;
}

interface Rate {
  readonly perSecond: number;
  /** Messages for each second of processor time that the server took: what else the machine does hardly counts. */
  readonly perCpuSecond: number;
}

async function echoRate(server: MeasuredServer): Promise<Rate> {
  const { cpuMs } = await server.measure();
  const { answers, perSecond } = await runLoad({
    kind: "echo",
    port: server.port,
    path: PATH,
    sockets: 50,
    window: 32,
    text: TEXT,
    warmMs: 2000,
    measureMs: 4000,
  });
  return { perSecond, perCpuSecond: answers / ((await server.measure()).cpuMs - cpuMs) * 1000 };
}
