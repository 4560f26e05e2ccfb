import { waitFor } from "../support/wait_for.ts";
import { LineProcess } from "./line_process.ts";
import type { Proved } from "./property_part.ts";
import type {
  CrowdComparison,
  CrowdOrder,
  CrowdReport,
  EditLog,
  ServerLoad,
  ServerOrder,
} from "./stream_orders.ts";

/** How large the crowd is, and how long it is looked at. */
export interface CrowdSizes {
  readonly clients: number;
  readonly regions: number;
  readonly viewportsPerSecond: number;
  readonly editsPerSecond: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Clients that may stream at a time; as many are brought to stream, and then one more. */
  readonly most: number;
}

const FULL: CrowdSizes = {
  clients: 500,
  regions: 600,
  viewportsPerSecond: 10,
  editsPerSecond: 100,
  warmSeconds: 5,
  seconds: 30,
  most: 1000,
};
/** Regions change as in a simulation that takes twenty steps a second. */
const STEP_MS = 50;
/** What the client library asks for. */
const FEATURES = "bundles,parts,refinements,deltas,flow";
const FEATURES_WITHOUT_FLOW = "bundles,parts,refinements,deltas";
const P50_MS = 50;
const P99_MS = 120;

/** What came of a crowd. */
export interface CrowdResult {
  readonly report: CrowdReport;
  readonly comparison: CrowdComparison;
  readonly after: ServerLoad;
  readonly adds: boolean;
  /** Regions built and views looked at took so much of one core, and the crowd itself. */
  readonly serverShare: number;
  readonly crowdShare: number;
  readonly framesPerSecond: number;
  readonly streaming: number;
  /** Code that the one client too many was closed with. */
  readonly refusedWith: number | undefined;
}

/**
 * Brings a crowd before a server, lets it look at a world that changes, and sees how it fares.
 *
 * @param flags of the server's runtime, such as `--cpu-prof`
 * @param features that each client asks for, with commas between them
 */
export async function crowd(
  sizes: CrowdSizes,
  flags: readonly string[] = [],
  features: string = FEATURES,
): Promise<CrowdResult> {
  await using server = new LineProcess("tests/prove/stream_server_child.ts", [
    String(sizes.regions),
    JSON.stringify({
      "limits.connects": 1_000_000,
      "limits.maxClientsPerAddress": 100_000,
      "limits.maxLoopLagMs": 60_000,
      "streaming.maxClientsPerServer": sizes.most,
    }),
  ], ["--v8-flags=--expose-gc", ...flags]);
  const { port } = await server.read<{ port: number }>();
  await using people = new LineProcess("tests/prove/crowd_child.ts", [
    String(port),
    String(sizes.regions),
    features,
  ]);
  const ask = <T>(order: ServerOrder): Promise<T> => server.ask(order);
  const tell = <T>(order: CrowdOrder): Promise<T> => people.ask(order);
  const none = { mortons: [], versions: [], timesMs: [] };
  await tell({ do: "connect", clients: sizes.clients });
  await tell({ do: "move", perSecond: sizes.viewportsPerSecond });
  const before = await ask<ServerLoad>({ do: "load", collects: false });
  const crowdBefore = await tell<CrowdReport>({ do: "report", edits: none, fromMs: 0 });
  const startMs = performance.now();
  const fromMs = performance.timeOrigin + startMs + sizes.warmSeconds * 1000;
  const edits = await ask<EditLog>({
    do: "edit",
    perSecond: sizes.editsPerSecond,
    intervalMs: STEP_MS,
    seconds: sizes.warmSeconds + sizes.seconds,
    spread: sizes.regions,
  });
  const tookMs = performance.now() - startMs;
  const during = await ask<ServerLoad>({ do: "load", collects: false });
  await tell({ do: "move", perSecond: 0 });
  const after = await waitFor(async () => {
    const load = await ask<ServerLoad>({ do: "load", collects: false });
    return load.dirty === 0 && load.ledger.pending === 0 && load;
  }, { what: "the server to come to rest", intervalMs: 200, deadlineMs: 60_000 });
  const versions = await ask<[number, number][]>({ do: "versions" });
  const comparison = await waitFor(async () => {
    const found = await tell<CrowdComparison>({ do: "compare", versions });
    return found.wrong === 0 && found;
  }, { what: "all to come", intervalMs: 200, deadlineMs: 10_000 }).catch(() =>
    tell<CrowdComparison>({ do: "compare", versions })
  );
  const report = await tell<CrowdReport>({ do: "report", edits, fromMs });
  await tell({ do: "connect", clients: sizes.most - sizes.clients });
  const { streaming } = await ask<ServerLoad>({ do: "load", collects: false });
  const { closed } = await tell<{ closed: Record<number, number> }>({ do: "connect", clients: 1 });
  await people.end();
  await server.end();
  return {
    report,
    comparison,
    after,
    adds: addsUp(after),
    serverShare: (during.cpuMs - before.cpuMs) / tookMs,
    crowdShare: (report.cpuMs - crowdBefore.cpuMs) / tookMs,
    framesPerSecond: (during.framesSent - before.framesSent) / tookMs * 1000,
    streaming,
    refusedWith: Number(Object.keys(closed)[0]),
  };
}

/** Every frame that was owed has come to an end, and none was dropped. */
export function addsUp({ ledger }: ServerLoad): boolean {
  const { owed, delivered, superseded, leftView, dropped, pending } = ledger;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return pending === 0 && lost === 0 && owed === delivered + superseded + leftView;
}

/**
 * 500 clients on circling cameras before a world that changes; then as many as may stream, and one more. Then the same without
 * acknowledgements, to compare.
 */
export async function crowdPart(): Promise<Proved> {
  const start = performance.now();
  const result = await crowd(FULL);
  const without = await crowd(FULL, [], FEATURES_WITHOUT_FLOW);
  const { report, comparison, after, adds, streaming, refusedWith } = result;
  const isWhole = adds && comparison.wrong === 0 && report.closed === 0;
  const isFast = report.p50Ms < P50_MS && report.p99Ms < P99_MS;
  const isFull = streaming === FULL.most && refusedWith === 4001;
  return {
    ok: isWhole && isFast && isFull,
    seconds: (performance.now() - start) / 1000,
    summary:
      `${FULL.clients} clients, ${FULL.viewportsPerSecond} viewports/s each, ${FULL.editsPerSecond} changed ` +
      `regions/s of ${FULL.regions}, driver beside: ${
        told(result)
      } (p50 below ${P50_MS} and p99 below ${P99_MS}: ${isFast ? "met" : "NOT MET"}); without flow ${
        told(without)
      }; ledger ${adds ? "adds up, nothing dropped" : "DOES NOT ADD UP"} ` +
      `(owed ${after.ledger.owed}, delivered ${after.ledger.delivered}, superseded ${after.ledger.superseded}, left ` +
      `view ${after.ledger.leftView}); of ${comparison.wanted} regions in view ${comparison.wrong} old; ` +
      `${streaming} clients streaming, the next closed with ${refusedWith}`,
  };
}

function told({ report, framesPerSecond, serverShare, crowdShare }: CrowdResult): string {
  const { p50Ms, p95Ms, p99Ms, maxMs, measured } = report;
  return `from change to frame p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)}, p99 ${
    p99Ms.toFixed(1)
  }, longest ` +
    `${maxMs.toFixed(0)} over ${measured} frames; ${framesPerSecond.toFixed(0)} frames/s; server ` +
    `${(100 * serverShare).toFixed(0)} % and driver ${(100 * crowdShare).toFixed(0)} % of a core`;
}
