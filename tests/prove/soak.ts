import { LoopLag, systemClock } from "../../src/observe/mod.ts";
import { regionMorton } from "../../src/space/mod.ts";
import { RunningServer, WHOLE_WORLD } from "../integration/running_server.ts";
import { SocketClient } from "../integration/socket_client.ts";
import { waitFor } from "../support/wait_for.ts";
import type { Proved } from "./property_part.ts";

const SECONDS = 60;
const CLIENTS = 12;
const CAMERA_INTERVAL_MS = 100;

/**
 * A minute of the demo scene with a dozen clients whose cameras circle the tree: every frame is decoded, the ledger
 * adds up at the end, every client shows exactly the world once the flock rests, and memory does not grow.
 */
export async function soakPart(): Promise<Proved> {
  const start = performance.now();
  await using server = await RunningServer.start({ "streaming.lodThresholds": [10_000, 20_000, 30_000] });
  await server.app.startDemo();
  const clients: SocketClient[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const client = await SocketClient.connect(server.socketUrl);
    await client.register(orbit(i));
    clients.push(client);
  }
  const lateMs: number[] = [];
  using _lag = new LoopLag({ clock: systemClock, intervalMs: 20, onSample: (ms) => lateMs.push(ms) });
  const warmBytes = await circle(clients, SECONDS / 4);
  const endBytes = await circle(clients, SECONDS);
  lateMs.sort((a, b) => a - b);
  const lateP99Ms = lateMs[Math.floor(lateMs.length * 0.99)] ?? 0;

  server.app.stopDemo();
  const world = server.app.defaultWorld;
  for (const client of clients) {
    client.move(WHOLE_WORLD);
    await waitFor(() => shows(client, world), { what: "every client to show the world", deadlineMs: 60_000 });
  }
  const { ledger, clients: traffic } = server.app.status();
  const ended = ledger.delivered + ledger.superseded + ledger.leftView +
    Object.values(ledger.dropped).reduce((sum, frames) => sum + frames, 0);
  const adds = ledger.owed === ended + ledger.pending && ledger.pending === 0;
  const growth = endBytes / warmBytes;
  for (const client of clients) await client[Symbol.asyncDispose]();
  return {
    ok: adds && growth < 1.5,
    seconds: (performance.now() - start) / 1000,
    summary:
      `${CLIENTS} clients, ${traffic.framesSent} frames, ${(traffic.bytesSent / 2 ** 20).toFixed(0)} MiB; ` +
      `ledger ${adds ? "adds up" : "DOES NOT ADD UP"} (owed ${ledger.owed}, delivered ${ledger.delivered}, ` +
      `superseded ${ledger.superseded}, left view ${ledger.leftView}); resident memory x${
        growth.toFixed(2)
      } in ` +
      `${SECONDS} s; event loop (clients in the same process) p99 ${lateP99Ms.toFixed(0)} ms late`,
  };
}

/** Moves all cameras for some seconds; answers the resident memory at the end. */
async function circle(clients: readonly SocketClient[], seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  for (let step = 0; performance.now() < end; step++) {
    clients.forEach((client, i) => {
      client.move(orbit(i + step / 50));
      client.forgetReplaced();
    });
    await new Promise((resolve) => setTimeout(resolve, CAMERA_INTERVAL_MS));
  }
  return Deno.memoryUsage().rss;
}

function orbit(angle: number): typeof WHOLE_WORLD {
  const eye = [512 + 400 * Math.cos(angle), 150, 512 + 400 * Math.sin(angle)] as const;
  return { ...WHOLE_WORLD, eye, lookAt: [512, 120, 512] };
}

function shows(client: SocketClient, world: RunningServer["app"]["defaultWorld"]): boolean {
  const { shown } = client;
  for (const key of world.regions.keys()) {
    const { samples } = world.snapshot(key);
    const frame = shown.get(regionMorton(key));
    if ((frame?.keys.length ?? 0) !== samples.keys.length) return false;
    if (frame !== undefined && !frame.colors.every((color, i) => color === samples.colors[i])) return false;
  }
  return true;
}
