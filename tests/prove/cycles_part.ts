import { closePayload, OPCODE } from "../integration/raw_frame.ts";
import { GONE, RawSocket } from "../integration/raw_socket.ts";
import { pingText } from "../integration/rfc6455_case.ts";
import { waitFor } from "../support/wait_for.ts";
import { MeasuredServer, type ServerMeasurement } from "./measured_server.ts";
import type { Proved } from "./property_part.ts";

const CYCLES = 50_000;
const AT_ONCE = 16;
/** What one more connection may leave behind; less than the smallest object. */
const MAX_BYTES_PER_CYCLE = 8;
/** Compiled code and caches that fill up late. */
const SLACK_BYTES = 1024 * 1024;
/** At rest is a server that differs by less over more than the time to such a ping. */
const STILL_BYTES = 64 * 1024;
const STILL_LOOKS = 6;
const LOOK_MS = 150;
const MAX_MESSAGE_BYTES = 4096;
const OPEN_LIMITS = {
  // The runtime holds on to a socket that broke until its next ping is due, after half of this.
  "streaming.idleTimeoutSec": 1,
  "build.buildPoolSize": 1,
  "streaming.maxMessageSizeBytes": MAX_MESSAGE_BYTES,
  "limits.connects": 1_000_000,
  "limits.maxClientsPerAddress": 10_000,
  "limits.messagesPerSecond": 1_000_000,
  "limits.serverMessagesPerSecond": 1_000_000,
};

/** Ways for a client to come and go. */
const ENDS: readonly ((socket: RawSocket) => Promise<void>)[] = [
  // A farewell as it should be.
  async (socket) => {
    await socket.send({ opcode: OPCODE.CLOSE, payload: closePayload(1000) });
    await socket.readToEnd();
  },
  // A word before it.
  async (socket) => {
    await socket.send({ opcode: OPCODE.TEXT, payload: pingText("a") });
    await socket.readFrame();
    await socket.send({ opcode: OPCODE.TEXT, payload: '{"type":"CLOSE"}' });
    await socket.readFrame();
    // The server may have gone already: it need not wait for this.
    await socket.send({ opcode: OPCODE.CLOSE, payload: closePayload(1000) }).catch(() => {});
  },
  // No farewell.
  () => Promise.resolve(),
  // A fault.
  (socket) => socket.send({ opcode: 3 }),
  // A message too large, and the reason read.
  async (socket) => {
    await socket.send({ opcode: OPCODE.TEXT, payload: "x".repeat(MAX_MESSAGE_BYTES + 1) });
    for (let frame = await socket.readFrame(); frame !== GONE; frame = await socket.readFrame()) {
      if (frame.opcode === OPCODE.CLOSE) break;
    }
    await socket.send({ opcode: OPCODE.CLOSE, payload: closePayload(4002) }).catch(() => {});
  },
  // The middle of a message.
  (socket) => socket.send({ opcode: OPCODE.BINARY, payload: new Uint8Array(1000), fin: false }),
];

/**
 * Clients come and go in every way, and leave nothing behind: no table has an entry of one, and heap and buffers after forced
 * collection, and open files, are after all cycles what they were after the first fifth.
 */
export async function cyclesPart(cycles: number = CYCLES): Promise<Proved> {
  const start = performance.now();
  await using server = await MeasuredServer.start("product", OPEN_LIMITS);
  const warm = Math.ceil(cycles / 5);
  await cycle(server.port, warm);
  const before = await settled(server);
  await cycle(server.port, cycles - warm);
  const after = await settled(server);
  const grownBytes = after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes;
  const grownFiles = after.descriptors - before.descriptors;
  const entries = await entriesOf(server);
  const seconds = (performance.now() - start) / 1000;
  return {
    ok: grownBytes <= cycles * MAX_BYTES_PER_CYCLE + SLACK_BYTES && grownFiles <= 0 &&
      entries === 0,
    seconds,
    summary: `${cycles} connections opened and ended in ${ENDS.length} ways, ` +
      `${
        (cycles / seconds).toFixed(0)
      } a second: heap and buffers ${grownBytes} bytes more than after ${warm}, ` +
      `descriptors ${grownFiles} more, resident memory ${
        ((after.rssBytes - before.rssBytes) / 2 ** 20).toFixed(1)
      } MiB more, entries of tables ${entries}`,
  };
}

async function cycle(port: number, cycles: number): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, cycles) }, async () => {
    for (let i = next++; i < cycles; i = next++) {
      using socket = await RawSocket.connect(port);
      await ENDS[i % ENDS.length]!(socket);
    }
  }));
}

/** Entries of all tables that grow with sockets. */
async function entriesOf({ port }: MeasuredServer): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/ws/stats`);
  return (await answer.json()).sessions.entries;
}

/** A measurement once the last sockets have gone and given back their memory, or as it is if they do not. */
async function settled(server: MeasuredServer): Promise<ServerMeasurement> {
  let before = await server.measure();
  let still = 0;
  await waitFor(async () => {
    const now = await server.measure();
    const isStill = Math.abs(now.heapBytes - before.heapBytes) < STILL_BYTES &&
      now.descriptors === before.descriptors;
    still = isStill ? still + 1 : 0;
    before = now;
    return still >= STILL_LOOKS;
  }, { what: "the server to come to rest", intervalMs: LOOK_MS, deadlineMs: 60_000 });
  return before;
}
