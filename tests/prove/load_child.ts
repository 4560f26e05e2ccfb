/**
 * Clients in a process of their own: raw sockets with frames made beforehand and written many at once, so that it costs
 * little beside the server. Prints one line of JSON.
 *
 * usage: deno run -A tests/prove/load_child.ts LOAD AS JSON
 */
import { quantile } from "../../src/cli/load/samples.ts";
import { FrameCounter } from "./frame_counter.ts";
import type { EchoLoad, EchoResult, IdleLoad, PacedLoad, PacedResult } from "./load.ts";
import { encodeFrame, OPCODE } from "../integration/raw_frame.ts";
import { RawSocket } from "../integration/raw_socket.ts";

/** Time for the last answers to come. */
const MAX_REST_MS = 5000;

const load = JSON.parse(Deno.args[0]!) as EchoLoad | PacedLoad | IdleLoad;
if (load.kind === "echo") await print(await echo(load));
else if (load.kind === "paced") await print(await paced(load));
else await idle(load);
Deno.exit();

/** Keeps `window` messages on their way in each socket, and counts what comes back. */
async function echo({ port, path, sockets, window, text, warmMs, measureMs }: EchoLoad): Promise<EchoResult> {
  const frame = encodeFrame({ opcode: OPCODE.TEXT, payload: text });
  const batch = new Uint8Array(frame.length * window);
  for (let i = 0; i < window; i++) batch.set(frame, i * frame.length);
  let answers = 0;
  const startMs = performance.now();
  const endMs = startMs + warmMs + measureMs;
  let countedFrom = 0;
  let countedFromMs = 0;
  await Promise.all(Array.from({ length: sockets }, async () => {
    using socket = await RawSocket.connect(port, { path });
    const counter = new FrameCounter();
    await socket.write(batch);
    do {
      const bytes = await socket.readBytes();
      if (bytes === undefined) throw new Error("The server closed a socket of the load");
      const count = counter.add(bytes);
      answers += count;
      const nowMs = performance.now();
      if (countedFromMs === 0 && nowMs >= startMs + warmMs) [countedFrom, countedFromMs] = [answers, nowMs];
      if (count > 0) await socket.write(batch.subarray(0, count * frame.length));
    } while (performance.now() < endMs);
  }));
  return { answers, perSecond: (answers - countedFrom) / (performance.now() - countedFromMs) * 1000 };
}

/**
 * Sends at a fixed rate, spread over all sockets, and notes how long after its due time each answer came: what is late to
 * be sent counts as well. A socket's answers come in order, so nothing has to be read of them.
 */
async function paced(load: PacedLoad): Promise<PacedResult> {
  const { port, path, sockets, perSecond, text, warmMs, measureMs } = load;
  const frame = encodeFrame({ opcode: OPCODE.TEXT, payload: text });
  const lateMs: number[] = [];
  let measureFromMs = Infinity;
  const open: { readonly socket: RawSocket; readonly dueMs: number[] }[] = [];
  for (let i = 0; i < sockets; i++) open.push({ socket: await RawSocket.connect(port, { path }), dueMs: [] });
  const readers = open.map(async ({ socket, dueMs }) => {
    const counter = new FrameCounter();
    for (let bytes = await socket.readBytes(); bytes !== undefined; bytes = await socket.readBytes()) {
      const nowMs = performance.now();
      for (let count = counter.add(bytes); count > 0; count--) {
        const due = dueMs.shift()!;
        if (due >= measureFromMs) lateMs.push(nowMs - due);
      }
    }
  });
  const firstMs = performance.now();
  measureFromMs = firstMs + warmMs;
  const gapMs = 1000 / perSecond;
  const count = Math.ceil((warmMs + measureMs) / gapMs);
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, Math.floor((performance.now() - firstMs) / gapMs));
    const writes: Promise<void>[] = [];
    for (; sent < due; sent++) {
      const { socket, dueMs } = open[sent % sockets]!;
      dueMs.push(firstMs + sent * gapMs);
      writes.push(socket.write(frame));
    }
    await Promise.all(writes);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const endMs = performance.now() + MAX_REST_MS;
  while (open.some(({ dueMs }) => dueMs.length > 0) && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const { socket } of open) socket[Symbol.dispose]();
  await Promise.all(readers);
  lateMs.sort((a, b) => a - b);
  return {
    perSecond: lateMs.length / measureMs * 1000,
    p50Ms: quantile(lateMs, 0.5),
    p99Ms: quantile(lateMs, 0.99),
    maxMs: quantile(lateMs, 1),
  };
}

/** Opens sockets of the runtime, which answer pings by themselves, and holds them until it is killed. */
async function idle({ port, path, sockets }: IdleLoad): Promise<void> {
  for (let i = 0; i < sockets; i++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
  }
  await print({ open: sockets });
  await new Promise(() => {});
}

async function print(value: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(value) + "\n"));
}
