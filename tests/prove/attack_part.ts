import { encodeFrame, OPCODE } from "../integration/raw_frame.ts";
import { RawSocket } from "../integration/raw_socket.ts";
import { assertAlive } from "../integration/rfc6455_case.ts";
import { waitFor } from "../support/wait_for.ts";
import { peakMiB } from "./attack_bound.ts";
import { MeasuredServer, type ServerMeasurement } from "./measured_server.ts";
import type { Proved } from "./property_part.ts";

const MIB = 2 ** 20;
/** How much is thrown at a server. */
export interface AttackSizes {
  readonly attackMiB: number;
  /** What the server lets its memory grow by without a reason. */
  readonly limitMiB: number;
  /** Single messages of 60 MB. */
  readonly oversized: number;
  /** Frames that say to be of 64 MiB. */
  readonly claims: number;
  /** All at the same time, each against a server of its own; else one after the other. */
  readonly isTogether: boolean;
}

const PROOF_SIZES: AttackSizes = {
  attackMiB: 2048,
  limitMiB: 128,
  oversized: 8,
  claims: 200,
  isTogether: false,
};
const PIECE = new Uint8Array(MIB);
const API_KEY = "a-key-that-is-only-for-this-proof";
const KEYED = { "security.apiKey": API_KEY, "security.trustProxy": ["127.0.0.1"] };
/** What the server has besides: the attack's own pieces on their way, and the allocator's rests. */
const SLACK_MIB = 96;
const OPEN_LIMITS = {
  "limits.messagesPerSecond": 1_000_000,
  "limits.serverMessagesPerSecond": 1_000_000,
  "limits.connects": 1_000_000,
  "build.buildPoolSize": 1,
};

interface Attack {
  readonly name: string;
  readonly peakMiB: number;
  readonly restMiB: number;
  /** Bytes that could be written before the server hung up. */
  readonly writtenMiB: number;
  /** Whether the well-behaved client was answered to the end. */
  readonly served: boolean;
  readonly ok: boolean;
}

/** The sockets of an attack, and what they could write. */
type Attackers = { readonly written: number } & Disposable;

interface AttackPlan {
  /** Growth of memory that is still in order: at any time, and once the attack is over while its sockets are still there. */
  readonly peakMiB: number;
  readonly restMiB: number;
  /** What of the memory is meant by the rest: all of it unless given. */
  readonly restOf?: (measurement: ServerMeasurement) => number;
  readonly run: (port: number) => Promise<Attackers>;
}

/**
 * What strangers and guests can make the server's memory grow by: fragments that never end, from one socket and from
 * many, single messages of nearly 64 MiB, claims of such; and that a well-behaved client is served all the while.
 */
export async function attackPart(sizes: AttackSizes = PROOF_SIZES): Promise<Proved> {
  const { attackMiB, limitMiB, oversized, claims: claimed, isTogether } = sizes;
  const start = performance.now();
  const limits = { ...OPEN_LIMITS, "limits.maxUnexplainedBytes": limitMiB * MIB };
  const plans: readonly (() => Promise<Attack>)[] = [
    () =>
      attack("one socket's fragments", limits, {
        peakMiB: Math.min(peakMiB(1, limitMiB), attackMiB + SLACK_MIB),
        restMiB: limitMiB,
        restOf: unexplained,
        run: (port) => fragments(port, 1, attackMiB),
      }),
    () =>
      attack("32 sockets' fragments", limits, {
        peakMiB: Math.min(peakMiB(32, limitMiB), attackMiB + SLACK_MIB),
        restMiB: limitMiB,
        restOf: unexplained,
        run: (port) => fragments(port, 32, attackMiB / 32),
      }),
    () =>
      attack("fragments without a credential", { ...limits, ...KEYED }, {
        peakMiB: SLACK_MIB,
        restMiB: SLACK_MIB,
        run: (port) => fragments(port, 8, 64),
      }),
    // Each message is there as it came, and once more as the script's own bytes.
    () =>
      attack(`${oversized} messages of 60 MB at once`, limits, {
        peakMiB: oversized * 2.5 * 60 + SLACK_MIB,
        restMiB: oversized * 60,
        run: (port) => oversize(port, oversized),
      }),
    () =>
      attack(`${claimed} claims of 64 MiB`, limits, {
        peakMiB: SLACK_MIB,
        restMiB: SLACK_MIB,
        run: (port) => claims(port, claimed),
      }),
  ];
  const attacks: Attack[] = [];
  if (isTogether) attacks.push(...await Promise.all(plans.map((run) => run())));
  else for (const run of plans) attacks.push(await run());
  return {
    ok: attacks.every(({ ok }) => ok),
    seconds: (performance.now() - start) / 1000,
    summary: attacks.map(({ name, peakMiB, restMiB, writtenMiB, served, ok }) =>
      `${name}: ${writtenMiB.toFixed(0)} MiB written, memory up ${peakMiB.toFixed(0)} MiB at most and ${
        restMiB.toFixed(0)
      } after${ok ? "" : served ? " (TOO MUCH)" : " (AN HONEST CLIENT WAS CLOSED)"}`
    ).join("; "),
  };
}

/** What the guard holds to its limit. */
function unexplained({ unexplainedBytes }: ServerMeasurement): number {
  return unexplainedBytes;
}

/** Runs one attack against a server of its own, with a client beside it, and looks at the memory meanwhile. */
async function attack(
  name: string,
  flags: Readonly<Record<string, unknown>>,
  { peakMiB: maxPeakMiB, restMiB, restOf = ({ rssBytes }) => rssBytes, run }: AttackPlan,
): Promise<Attack> {
  await using server = await MeasuredServer.start("product", flags);
  const headers = flags["security.apiKey"] === undefined
    ? {}
    : { Authorization: `Bearer ${flags["security.apiKey"]}` };
  using client = await RawSocket.connect(server.port, { headers });
  await assertAlive(client);
  const before = await server.measure();
  let isDone = false;
  let served = true;
  const watching = (async () => {
    while (!isDone) await assertAlive(client);
  })().catch(() => served = false);
  using attackers = await run(server.port);
  // What the guard closes, it closes within some looks.
  const growth = (measured: ServerMeasurement) => (restOf(measured) - restOf(before)) / MIB;
  const isCalm = async () => growth(await server.measure()) <= restMiB;
  await waitFor(isCalm, { what: "memory to fall", intervalMs: 100, deadlineMs: 10_000 }).catch(() => {});
  const after = await server.measure();
  isDone = true;
  await watching;
  const peakMiB = (after.peakRssBytes - before.rssBytes) / MIB;
  const ok = served && peakMiB <= maxPeakMiB && growth(after) <= restMiB;
  return { name, peakMiB, restMiB: growth(after), writtenMiB: attackers.written / MIB, served, ok };
}

/** Sockets that begin a message each and go on with it until they are stopped; answers pings of nobody. */
async function fragments(
  port: number,
  sockets: number,
  mib: number,
): Promise<Attackers> {
  const first = encodeFrame({ opcode: OPCODE.BINARY, payload: PIECE, fin: false });
  const next = encodeFrame({ opcode: OPCODE.CONTINUATION, payload: PIECE, fin: false });
  let written = 0;
  const open: RawSocket[] = [];
  await Promise.all(Array.from({ length: sockets }, async () => {
    const socket = await RawSocket.connect(port);
    open.push(socket);
    // Without a credential there is no upgrade, and nobody to write to.
    if (socket.response.status !== 101) return;
    try {
      for (let i = 0; i < mib; i++) {
        await socket.write(i === 0 ? first : next);
        written += PIECE.length;
      }
    } catch {
      // The server has hung up.
    }
  }));
  return { written, [Symbol.dispose]: () => open.forEach((socket) => socket[Symbol.dispose]()) };
}

/** Sockets that each send one message of 60 MB. */
async function oversize(port: number, sockets: number): Promise<Attackers> {
  const message = encodeFrame({ opcode: OPCODE.BINARY, payload: new Uint8Array(60e6) });
  const open = await Promise.all(Array.from({ length: sockets }, async () => {
    const socket = await RawSocket.connect(port);
    await socket.write(message).catch(() => {});
    await socket.readFrame().catch(() => {});
    return socket;
  }));
  return {
    written: sockets * message.length,
    [Symbol.dispose]: () => open.forEach((socket) => socket[Symbol.dispose]()),
  };
}

/** Sockets that each claim a frame of nearly 64 MiB and send one byte of it. */
async function claims(port: number, sockets: number): Promise<Attackers> {
  const open: RawSocket[] = [];
  for (let i = 0; i < sockets; i++) {
    open.push(await RawSocket.connect(port));
    await open[i]!.send({ opcode: OPCODE.BINARY, claimedBytes: 64 * MIB - 1, payload: "x" });
  }
  return { written: sockets, [Symbol.dispose]: () => open.forEach((socket) => socket[Symbol.dispose]()) };
}
