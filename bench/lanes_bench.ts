// deno-lint-ignore-file no-console -- a benchmark that prints lines of its own
/**
 * What it costs to hand a message of 48 bytes to a client through the lanes, against a bare `send` of the same socket: as
 * a control message, as a message of a stream that need not wait, and as one that is queued and handed over later. A real
 * socket over the loopback whose client reads; only the handing over is measured, not what the runtime does afterwards.
 * Then the heap that the lanes of an idle connection take, its counters among them.
 */
import v8 from "node:v8";
import vm from "node:vm";
import { defaultConfig } from "../src/config/mod.ts";
import { newCounters } from "../src/session/connection_counters.ts";
import { type LaneLimits, Lanes } from "../src/session/lanes.ts";
import { kernelLimits } from "../src/session/mod.ts";
import type { StreamQueue } from "../src/session/stream_queue.ts";
import type { Payload, Wire } from "../src/session/wire.ts";
import { BareSocket } from "../tests/session/bare_socket.ts";
import { needs } from "../tests/support/needs.ts";
import { waitFor } from "../tests/support/wait_for.ts";
import { benchWith } from "./support/need.ts";
import { compareRatio, formatRatio } from "./support/ratio.ts";

const MESSAGES = 1000;
const IDLE = 20_000;
const TEXT = "x".repeat(48);
const LIMITS: LaneLimits = kernelLimits(defaultConfig());

const need = await needs({ net: "127.0.0.1" });

benchWith(need, { name: "lanes against a bare send", n: 1, warmup: 0 }, async () => {
  await using bareSocket = await BareSocket.open(connect);
  const { socket } = bareSocket;
  const prepare = () => drained(socket);
  const bare = () => {
    for (let i = 0; i < MESSAGES; i++) socket.send(TEXT);
  };
  const gate = new GatedWire(socket);
  const lanes = new Lanes(gate, LIMITS, newCounters());
  const streams = Array.from({ length: 4 }, () => lanes.addStream("drop_oldest", 2));
  const products = {
    "control message": () => {
      for (let i = 0; i < MESSAGES; i++) lanes.control(TEXT);
    },
    "stream message that need not wait": () => pushAll(lanes, streams),
    "stream message that is queued first": () => {
      gate.isShut = true;
      pushAll(lanes, streams);
      gate.isShut = false;
      lanes.flush();
    },
  };
  for (const [name, product] of Object.entries(products)) {
    const result = await compareRatio({
      name: `${name} against a bare send`,
      base: bare,
      product,
      prepare,
      rounds: 101,
    });
    const each = (ms: number) => `${Math.round(ms * 1e6 / MESSAGES)} ns`;
    console.log(`${formatRatio(result)}: ${each(result.productMs)} against ${each(result.baseMs)} a message`);
  }
  await drained(socket);
});

Deno.bench({ name: "lanes of idle connections", n: 1, warmup: 0 }, () => {
  const wire: Wire = { bufferedAmount: 0, send() {} };
  const kept = new Array<Lanes>(IDLE);
  const before = heapBytes();
  for (let i = 0; i < IDLE; i++) {
    const lanes = new Lanes(wire, LIMITS, newCounters());
    lanes.control(TEXT);
    lanes.pace(i);
    kept[i] = lanes;
  }
  const bytes = (heapBytes() - before) / IDLE;
  console.log(`lanes of an idle connection that has been sent a message: ${Math.round(bytes)} bytes of heap`);
  if (kept.some((lanes) => lanes.hasWaiting)) throw new Error("Nothing waits at an idle connection");
});

/** The heap in use, after collection where a flag set while running makes the collector available. */
function heapBytes(): number {
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  if (typeof collect === "function") collect();
  return Deno.memoryUsage().heapUsed;
}

/** Puts as many messages of each stream, in turn. */
function pushAll(lanes: Lanes, streams: readonly StreamQueue[]): void {
  for (let i = 0; i < MESSAGES; i++) lanes.push(streams[i % streams.length]!, TEXT);
}

/** A socket that can look full without being it. */
class GatedWire implements Wire {
  isShut = false;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get bufferedAmount(): number {
    return this.isShut ? LIMITS.bulkWatermarkBytes : this.#socket.bufferedAmount;
  }

  send(data: Payload): void {
    this.#socket.send(data);
  }
}

/** A client that reads. */
function connect(port: number): Disposable {
  const client = new WebSocket(`ws://127.0.0.1:${port}/`);
  return { [Symbol.dispose]: () => client.close() };
}

/** Waits until everything sent has been written. */
async function drained(socket: WebSocket): Promise<void> {
  await waitFor(() => socket.bufferedAmount === 0, { what: "the socket to drain", intervalMs: 1 });
}
