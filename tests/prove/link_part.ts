import { encodePatch, PATCH_MEDIA_TYPE, readFrameHeader } from "../../src/protocol/mod.ts";
import { viewportFields, WHOLE_WORLD } from "../integration/running_server.ts";
import { waitFor } from "../support/wait_for.ts";
import { MeasuredServer } from "./measured_server.ts";
import type { Proved } from "./property_part.ts";
import { SlowLink } from "./slow_link.ts";
import { StuckReader } from "./stuck_reader.ts";

/** What a client behind a link saw. */
export interface LinkSeen {
  /** Of control messages, with when their answer came. */
  readonly roundTrips: readonly { readonly atMs: number; readonly ms: number }[];
  /** Bytes of regions that came, in each tenth of a second. */
  readonly bytes: readonly number[];
}

const MBIT = 4;
const SECONDS = 20;
/** The start is told apart from what follows. */
const START_MS = 1000;
const MEDIAN_MS = 30;
const WORST_MS = 60;
const LEAST_USE = 0.85;
/** When the rate is changed, in seconds, and to what. */
const RATE_CHANGES = [[5, 20], [8, 1]] as const;
const CHANGED_SECONDS = 14;

const READERS = 4;
const UPDATES = 120;
const UPDATE_INTERVAL_MS = 50;
/** Without the stuck reader and with it, in turn. */
const ROUNDS = 4;
const SLOW_CONSUMER_TIMEOUT_MS = 8000;
const MAX_WAITING_BYTES = 1_000_000;
const MAX_P99_RATIO = 1.05;

const API_KEY = "a-key-that-is-only-for-this-proof";
const PROTOCOLS = ["voxcast", `voxcast.key.${btoa(API_KEY).replaceAll("=", "")}`];
/** Cells an axis of the landscape, its height, and voxels in it: more than the link takes in the time. */
const LENGTH = 1024;
const HEIGHT = 128;
const VOXELS = 3_000_000;
const PATCH_CELLS = 1_000_000;

/**
 * A client behind a link of 4 Mbit/s that is sent a world with more in it than it can take: how long control messages wait,
 * what the link is used for, what becomes of that when its rate changes; and a client that never reads: what the server
 * keeps for it, when it is closed, and what the others notice. Returns why it cannot be measured here, if so.
 */
export async function linkPart(): Promise<Proved | string> {
  const lack = await SlowLink.lack();
  if (lack !== undefined) return lack;
  const start = performance.now();
  await using link = await SlowLink.open(MBIT);
  await using server = await MeasuredServer.start("product", {
    host: link.hostAddress,
    "security.apiKey": API_KEY,
    // What is not encrypted may only come over a proxy.
    "security.trustProxy": [link.clientAddress],
    "streaming.lodThresholds": [10_000, 20_000, 30_000],
    "streaming.slowConsumerTimeoutMs": SLOW_CONSUMER_TIMEOUT_MS,
    // The world is uploaded at once, which no guard of memory knows.
    "limits.maxUnexplainedBytes": 2 ** 31,
    "limits.snapshotRequests": 1_000_000,
  });
  const address: Address = { hostname: link.hostAddress, port: server.port };
  await fillWorld(address);
  const readers: Reader[] = [];
  for (let i = 0; i < READERS; i++) readers.push(await Reader.connect(address));
  const stuck = await stuckReader(address, readers);
  for (const reader of readers) reader.close();
  const parts = [
    await idleLink(link, address),
    await slowLink(link, address),
    await changingLink(link, address),
  ];
  parts.push(stuck);
  return {
    ok: parts.every(({ ok }) => ok),
    seconds: (performance.now() - start) / 1000,
    summary: parts.map(({ summary }) => summary).join("; "),
  };
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

type Finding = Pick<Proved, "ok" | "summary">;

function behind(
  link: SlowLink,
  { hostname, port }: Address,
  seconds: number,
  mode: string,
): Promise<LinkSeen> {
  const url = `ws://${hostname}:${port}/ws/render`;
  return link.runBehind("tests/prove/link_child.ts", url, API_KEY, `${seconds}`, mode);
}

/** What a round trip takes when nothing else is on the link, and when all is sent at once. */
async function idleLink(link: SlowLink, address: Address): Promise<Finding> {
  const idle = roundTripsMs(await behind(link, address, 5, "idle"));
  const blind = roundTripsMs(await behind(link, address, 8, "blind"), 3000);
  return {
    ok: true,
    summary: `${MBIT} Mbit/s, control round trip: ${told(idle)} on the idle link, ` +
      `${told(blind)} while regions are sent to a client that does not acknowledge`,
  };
}

async function slowLink(link: SlowLink, address: Address): Promise<Finding> {
  const seen = await behind(link, address, SECONDS, "flow");
  const first = roundTripsMs(seen, 0, START_MS);
  const rest = roundTripsMs(seen, START_MS);
  const use = used(seen, START_MS, SECONDS * 1000, MBIT);
  const isShort = quantile(rest, 0.5) < MEDIAN_MS && rest.at(-1)! < WORST_MS;
  return {
    ok: isShort && use >= LEAST_USE,
    summary: `${told(rest)} to one that does (median below ${MEDIAN_MS}, worst below ${WORST_MS}: ${
      isShort ? "met" : "NOT MET"
    }; in the first second ${told(first)}), regions take ${(use * 100).toFixed(1)} % of the link (at least ${
      LEAST_USE * 100
    }: ${use >= LEAST_USE ? "met" : "NOT MET"})`,
  };
}

async function changingLink(link: SlowLink, address: Address): Promise<Finding> {
  const startMs = performance.now();
  const timers = RATE_CHANGES.map(([second, mbit]) =>
    // The far process takes a moment to start: what it saw tells when.
    setTimeout(() => link.setMbit(mbit), second * 1000 + performance.now() - startMs)
  );
  const seen = await behind(link, address, CHANGED_SECONDS, "flow");
  for (const timer of timers) clearTimeout(timer);
  await link.setMbit(MBIT);
  const [[fastSecond, fastMbit], [slowSecond, slowMbit]] = RATE_CHANGES;
  const fast = used(seen, (fastSecond + 1) * 1000, slowSecond * 1000 - 500, fastMbit);
  const end = used(seen, (slowSecond + 2) * 1000, CHANGED_SECONDS * 1000, slowMbit);
  const after = seen.roundTrips.filter(({ atMs }) => atMs > slowSecond * 1000 - 500);
  const lastLong = after.findLast(({ ms }) => ms >= WORST_MS * 2);
  const longMs = lastLong === undefined
    ? 0
    : lastLong.atMs - after.find(({ ms }) => ms >= WORST_MS * 2)!.atMs;
  const rest = roundTripsMs(seen, (slowSecond + 2) * 1000);
  return {
    ok: true,
    summary:
      `rate changed to ${fastMbit} Mbit/s: ${
        (fast * 100).toFixed(0)
      } % of it used from a second later on; to ` +
      `${slowMbit}: ${(end * 100).toFixed(0)} %, round trips of ${WORST_MS * 2} ms and more for ${
        longMs.toFixed(0)
      } ms, then ${told(rest)}`,
  };
}

/** Updates a region at a time while the readers look on, with a reader that does not read and without, in turn. */
async function stuckReader(address: Address, readers: readonly Reader[]): Promise<Finding> {
  const without: number[][] = [];
  const along: number[][] = [];
  let waitingBytes = 0;
  await latencies(address, readers);
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await latencies(address, readers));
    using _stuck = await StuckReader.connect({
      ...address,
      protocols: PROTOCOLS,
      register: registerText([]),
    });
    let isOver = false;
    const watch = async () => {
      while (!isOver) {
        const { connections } = await stats(address);
        waitingBytes = Math.max(waitingBytes, ...connections.map(({ buffered_bytes }) => buffered_bytes));
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    };
    const [found] = await Promise.all([latencies(address, readers).finally(() => isOver = true), watch()]);
    along.push(found);
  }
  using _last = await StuckReader.connect({ ...address, protocols: PROTOCOLS, register: registerText([]) });
  const fromMs = performance.now();
  const isClosing = async () => (await stats(address)).connections.some(({ phase }) => phase === "draining");
  await waitFor(isClosing, { what: "the reader that does not read to be closed", intervalMs: 100 });
  const closedMs = performance.now() - fromMs;
  const isGone = async () => (await stats(address)).ended.some(({ close_code }) => close_code === 4009);
  await waitFor(isGone, { what: "it to be gone, with 4009", intervalMs: 100, deadlineMs: 60_000 });
  const goneMs = performance.now() - fromMs;
  const p99 = (rounds: number[][]) => quantile(rounds.flat().sort((a, b) => a - b), 0.99);
  const each = without.map((round) => quantile(round.sort((a, b) => a - b), 0.99));
  const noise = Math.max(...each) / Math.min(...each);
  const ratio = p99(along) / p99(without);
  const isSmall = waitingBytes <= MAX_WAITING_BYTES;
  const isUnmoved = ratio <= MAX_P99_RATIO;
  return {
    ok: isSmall && ratio <= Math.max(MAX_P99_RATIO, noise),
    summary:
      `a reader that never reads: at most ${
        (waitingBytes / 1000).toFixed(0)
      } kB wait for it in the process (` +
      `at most 1000: ${isSmall ? "met" : "NOT MET"}), closed with 4009 after ${
        (closedMs / 1000).toFixed(1)
      } s (` +
      `limit ${SLOW_CONSUMER_TIMEOUT_MS / 1000} s from the last byte taken) and gone after ${
        (goneMs / 1000).toFixed(1)
      } s; update to frame of ${READERS} others p50 ${
        quantile(along.flat().sort((a, b) => a - b), 0.5).toFixed(1)
      } and p99 ${p99(along).toFixed(1)} ms with it, ${p99(without).toFixed(1)} without, ratio ${
        ratio.toFixed(2)
      } (` +
      `at most ${MAX_P99_RATIO}: ${
        isUnmoved ? "met" : "NOT MET"
      }; p99 of rounds without it differ by a factor of ${noise.toFixed(2)})`,
  };
}

/** Milliseconds from asking for a change to its frame, for each update and reader. */
async function latencies(address: Address, readers: readonly Reader[]): Promise<number[]> {
  const changes: { readonly atMs: number; readonly morton: number; readonly version: number }[] = [];
  for (const reader of readers) reader.frames.length = 0;
  for (let i = 0; i < UPDATES; i++) {
    const atMs = performance.now();
    const region = Math.imul(i, 37) & 255;
    const positions = Uint32Array.of((region & 15) * 64 + 32, 32, (region >> 4) * 64 + 32);
    const colors = Uint32Array.of((0xff000000 | (Math.random() * 0xffffff)) >>> 0);
    const { dirty_regions: [key], versions: [version] } = await patch(address, { positions, colors });
    changes.push({ atMs, morton: Number(key!.split("/")[1]), version: version! });
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, atMs + UPDATE_INTERVAL_MS - performance.now()))
    );
  }
  const arrival = (reader: Reader, { morton, version, atMs }: typeof changes[number]) =>
    reader.frames.find((frame) => frame.morton === morton && frame.version >= version && frame.atMs >= atMs);
  await waitFor(() => readers.every((reader) => changes.every((change) => arrival(reader, change))), {
    what: `every reader to have every update (closed: ${readers.map(({ closed }) => closed)})`,
    deadlineMs: 30_000,
  });
  return changes.flatMap((change) => readers.map((reader) => arrival(reader, change)!.atMs - change.atMs));
}

/** A client that reads all that comes, without acknowledging. */
class Reader {
  readonly frames: { readonly morton: number; readonly version: number; readonly atMs: number }[] = [];
  /** How the server closed it, if it has. */
  closed: string | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onclose = ({ code, reason }) => this.closed = `${code} ${reason}`;
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") return;
      const { morton, version } = readFrameHeader(new Uint8Array(data));
      this.frames.push({ morton, version, atMs: performance.now() });
    };
  }

  /** Connects, and waits until the whole world is there. */
  static async connect({ hostname, port }: Address): Promise<Reader> {
    const socket = new WebSocket(`ws://${hostname}:${port}/ws/render`, PROTOCOLS);
    const reader = new Reader(socket);
    await waitFor(() => socket.readyState === WebSocket.OPEN, { what: "a reader's socket to open" });
    socket.send(registerText([]));
    const isQuiet = () => performance.now() - (reader.frames.at(-1)?.atMs ?? Infinity) > 1500;
    await waitFor(isQuiet, { what: "the world to be there", deadlineMs: 120_000 });
    return reader;
  }

  close(): void {
    this.#socket.close();
  }
}

function registerText(features: readonly string[]): string {
  return JSON.stringify({
    type: "REGISTER_CLIENT",
    clientId: "link",
    features,
    viewport: viewportFields(WHOLE_WORLD),
  });
}

/** A landscape whose voxels and colours do not compress. */
async function fillWorld(address: Address): Promise<void> {
  let state = 12_345;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  for (let from = 0; from < VOXELS; from += PATCH_CELLS) {
    const positions = new Uint32Array(PATCH_CELLS * 3);
    const colors = new Uint32Array(PATCH_CELLS);
    for (let i = 0; i < PATCH_CELLS; i++) {
      positions.set([next(LENGTH), next(HEIGHT), next(LENGTH)], i * 3);
      colors[i] = (0xff000000 | next(1 << 24)) >>> 0;
    }
    await patch(address, { positions, colors });
  }
}

async function patch(
  address: Address,
  cells: { readonly positions: Uint32Array; readonly colors: Uint32Array },
): Promise<{ readonly dirty_regions: readonly string[]; readonly versions: readonly number[] }> {
  const headers = { "content-type": PATCH_MEDIA_TYPE };
  return await call(address, "/api/worlds/main/voxels", {
    method: "POST",
    headers,
    body: encodePatch(cells),
  });
}

function stats(address: Address): Promise<{
  readonly connections: readonly { readonly buffered_bytes: number; readonly phase: string }[];
  readonly ended: readonly { readonly close_code: number }[];
}> {
  return call(address, "/ws/stats");
}

// deno-lint-ignore no-explicit-any -- answers are read by those who ask
async function call({ hostname, port }: Address, path: string, init: RequestInit = {}): Promise<any> {
  const response = await fetch(`http://${hostname}:${port}${path}`, {
    ...init,
    headers: { ...init.headers as Record<string, string>, authorization: `Bearer ${API_KEY}` },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered ${response.status} ${text.slice(0, 200)}`);
  return JSON.parse(text);
}

function roundTripsMs({ roundTrips }: LinkSeen, fromMs = 0, untilMs = Infinity): number[] {
  return roundTrips.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).map(({ ms }) => ms)
    .sort((a, b) => a - b);
}

/** Part of the link that bytes of regions took. */
function used({ bytes }: LinkSeen, fromMs: number, untilMs: number, mbit: number): number {
  const sum = bytes.slice(fromMs / 100, untilMs / 100).reduce((total, count) => total + count, 0);
  return sum * 8 / (untilMs - fromMs) / 1000 / mbit;
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

function told(sorted: readonly number[]): string {
  return `${quantile(sorted, 0.5).toFixed(1)} ms median, ${quantile(sorted, 1).toFixed(1)} worst`;
}
