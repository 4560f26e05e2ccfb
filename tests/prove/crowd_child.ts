/**
 * A crowd of clients in one process whose cameras circle a landscape. Prints a line of JSON for each {@linkcode CrowdOrder}.
 *
 * usage: deno run -A tests/prove/crowd_child.ts PORT REGIONS FEATURE,FEATURE...
 */
import process from "node:process";
import { computeVisible, RegionPyramid, type Viewport, VisibleSet } from "../../src/viewport/mod.ts";
import { encodeFrame, OPCODE } from "../integration/raw_frame.ts";
import { viewportFields } from "../integration/running_server.ts";
import { CrowdClient } from "./crowd_client.ts";
import { answerLines } from "./line_process.ts";
import type { CrowdComparison, CrowdOrder, CrowdReport, EditLog } from "./stream_orders.ts";
import { landscapeMorton } from "./stream_world.ts";

const [port, regions, features] = Deno.args;
/** Steps of the circle: at ten a second a camera is around in thirty seconds. */
const STEPS = 300;
const LEVEL = 4;
const ALL_REGIONS = 8 ** LEVEL;
const MAX_FRAMES = 6_000_000;
const GRID = { bounds: { min: [0, 0, 0], max: [1024, 1024, 1024] }, level: LEVEL, depth: 6 } as const;
const RULE = { thresholds: [100, 300, 700], maxLod: 3, hysteresis: 0.1 };

/** What came: client, region, version, time. */
const cameClients = new Uint16Array(MAX_FRAMES);
const cameMortons = new Uint16Array(MAX_FRAMES);
const cameVersions = new Uint32Array(MAX_FRAMES);
const cameAtMs = new Float64Array(MAX_FRAMES);
let came = 0;
let frames = 0;
/** Version that each client has of each region. */
let held = new Uint32Array(0);
const clients: CrowdClient[] = [];
/** Step of each camera when the cameras began to move, and when each then moved. */
const movedAtMs: number[][] = [];
let viewports = 0;
let mover: ReturnType<typeof setInterval> | undefined;

const moves = Array.from({ length: STEPS }, (_, step) => message("UPDATE_VIEWPORT", step));
await answerLines((order: CrowdOrder) => {
  if (order.do === "connect") return connect(order.clients);
  if (order.do === "move") return move(order.perSecond);
  if (order.do === "report") return report(order.edits, order.fromMs);
  return compare(order.versions);
});

async function connect(count: number): Promise<{ open: number; closed: Record<number, number> }> {
  const before = clients.length;
  const larger = new Uint32Array((before + count) * ALL_REGIONS);
  larger.set(held);
  held = larger;
  for (let number = before; number < before + count; number++) {
    const client = await CrowdClient.connect(
      Number(port),
      (morton, version) => take(number, morton, version),
    );
    clients.push(client);
    movedAtMs.push([now()]);
    await client.write(message("REGISTER_CLIENT", stepOf(number, 0)));
    while (client.texts === 0 && client.closeCode === 0) await pause(1);
  }
  const closed: Record<number, number> = {};
  for (const { closeCode } of clients) if (closeCode !== 0) closed[closeCode] = (closed[closeCode] ?? 0) + 1;
  return { open: clients.filter(({ closeCode }) => closeCode === 0).length, closed };
}

function take(client: number, morton: number, version: number): void {
  frames++;
  const at = client * ALL_REGIONS + morton;
  // A frame that brings more detail of the same version is no news of a change.
  if (held[at] === version) return;
  held[at] = version;
  if (came === MAX_FRAMES) return;
  cameClients[came] = client;
  cameMortons[came] = morton;
  cameVersions[came] = version;
  cameAtMs[came++] = now();
}

/** Every camera takes a step in each interval, one after the other within it. */
function move(perSecond: number): { viewports: number } {
  clearInterval(mover);
  if (perSecond === 0) return { viewports };
  const startMs = performance.now();
  let sent = 0;
  mover = setInterval(() => {
    const due = Math.floor((performance.now() - startMs) / 1000 * perSecond * clients.length);
    for (; sent < due; sent++) {
      const number = sent % clients.length;
      const times = movedAtMs[number]!;
      times.push(now());
      void clients[number]!.write(moves[stepOf(number, times.length - 1)]!);
      viewports++;
    }
  }, 4);
  return { viewports };
}

/**
 * From a change to its frame, in each client that had the region in view all the while: what comes into view later, or goes
 * and comes again, is not late.
 */
function report({ mortons, versions, timesMs }: EditLog, fromMs: number): CrowdReport {
  const edited = new Map<number, number>();
  for (let i = 0; i < mortons.length; i++) edited.set(mortons[i]! + ALL_REGIONS * versions[i]!, timesMs[i]!);
  const views = Array.from({ length: STEPS }, () => undefined as Set<number> | undefined);
  const tookMs: number[] = [];
  for (let i = 0; i < came; i++) {
    const editMs = edited.get(cameMortons[i]! + ALL_REGIONS * cameVersions[i]!);
    if (editMs === undefined || editMs < fromMs) continue;
    const client = cameClients[i]!;
    const last = lastBefore(movedAtMs[client]!, cameAtMs[i]!);
    let isSeen = true;
    for (let moved = lastBefore(movedAtMs[client]!, editMs); isSeen && moved <= last; moved++) {
      const step = stepOf(client, moved);
      isSeen = (views[step] ??= seenFrom(orbit(step))).has(cameMortons[i]!);
    }
    if (isSeen) tookMs.push(cameAtMs[i]! - editMs);
  }
  const sorted = Float64Array.from(tookMs).sort();
  const quantile = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  const { user, system } = process.cpuUsage();
  return {
    frames,
    bytes: clients.reduce((sum, client) => sum + client.bytes, 0),
    viewports,
    measured: sorted.length,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    cpuMs: (user + system) / 1000,
    closed: clients.filter(({ closeCode }) => closeCode !== 0).length,
  };
}

/** What the clients hold against what they should, as far as their last views go. */
function compare(versions: readonly (readonly [number, number])[]): CrowdComparison {
  const current = new Map(versions);
  let wanted = 0;
  let wrong = 0;
  for (const [number, { closeCode }] of clients.entries()) {
    if (closeCode !== 0) continue;
    for (const morton of seenFrom(orbit(stepOf(number, movedAtMs[number]!.length - 1)))) {
      wanted++;
      if (held[number * ALL_REGIONS + morton] !== current.get(morton)) wrong++;
    }
  }
  return { wanted, wrong };
}

function lastBefore(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle]! <= atMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

function seenFrom(view: Viewport): Set<number> {
  const pyramid = new RegionPyramid(LEVEL);
  for (let region = 0; region < Number(regions); region++) pyramid.add(landscapeMorton(region));
  const { keys, count } = computeVisible(view, GRID, pyramid, RULE, new VisibleSet());
  return new Set(keys.subarray(0, count));
}

function stepOf(number: number, moved: number): number {
  return (number * 113 + moved) % STEPS;
}

function orbit(step: number): Viewport {
  const angle = 2 * Math.PI * step / STEPS;
  return {
    eye: [512 + 620 * Math.cos(angle), 420, 512 + 620 * Math.sin(angle)],
    lookAt: [512, 60, 512],
    up: [0, 1, 0],
    fovY: 1,
    aspectRatio: 1.5,
    nearPlane: 1,
    farPlane: 4000,
  };
}

function message(type: string, step: number): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify({
    type,
    clientId: "crowd",
    viewport: viewportFields(orbit(step)),
    ...(type === "REGISTER_CLIENT" ? { features: features?.split(",") } : {}),
  });
  // A mask of zeros leaves the text as it is.
  return encodeFrame({ opcode: OPCODE.TEXT, payload: text, maskKey: [0, 0, 0, 0] });
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
