import { waitFor } from "../support/wait_for.ts";
import { fitLine, type FittedLine } from "./fit_line.ts";
import { LineProcess } from "./line_process.ts";
import type { Proved } from "./property_part.ts";
import type { ChurnReport, EditLog, ServerLoad, ServerOrder } from "./stream_orders.ts";

/** How long clients come and go. */
export interface ChurnSizes {
  readonly rounds: number;
  /** Rounds after which everything that fills up once is full. */
  readonly warmRounds: number;
  readonly roundSeconds: number;
  readonly atOnce: number;
}

const FULL: ChurnSizes = { rounds: 60, warmRounds: 12, roundSeconds: 10, atOnce: 60 };
const REGIONS = 100;
const MAX_BYTES_PER_HOUR = 2 ** 20;
/** The runtime holds on to a socket that broke until its next ping is due, after half of this. */
const IDLE_SECONDS = 1;

/** What is left of clients that have gone. */
export interface ChurnResult {
  readonly report: ChurnReport;
  /** Heap and external memory over time, in bytes and hours, from the warm-up on. */
  readonly line: FittedLine;
  readonly first: ServerLoad;
  readonly last: ServerLoad;
  /** Whether nothing was left of the clients after any round. */
  readonly isClean: boolean;
}

/** Rounds in which clients come and go while the world changes; after each all are gone and the server is measured. */
export async function churn({ rounds, warmRounds, roundSeconds, atOnce }: ChurnSizes): Promise<ChurnResult> {
  await using server = new LineProcess("tests/prove/stream_server_child.ts", [
    String(REGIONS),
    JSON.stringify({
      "limits.connects": 1_000_000,
      "limits.maxClientsPerAddress": 100_000,
      "limits.maxLoopLagMs": 60_000,
      "streaming.idleTimeoutSec": IDLE_SECONDS,
    }),
  ], ["--v8-flags=--expose-gc"]);
  const { port } = await server.read<{ port: number }>();
  await using people = new LineProcess("tests/prove/churn_child.ts", [String(port)]);
  const ask = <T>(order: ServerOrder): Promise<T> => server.ask(order);
  const hours: number[] = [];
  const bytes: number[] = [];
  const loads: ServerLoad[] = [];
  let report: ChurnReport | undefined;
  const startMs = performance.now();
  for (let round = 0; round < rounds; round++) {
    const edits = ask<EditLog>({
      do: "edit",
      perSecond: 50,
      intervalMs: 100,
      seconds: roundSeconds,
      spread: REGIONS,
    });
    report = await people.ask<ChurnReport>({ seconds: roundSeconds, atOnce });
    await edits;
    const load = await waitFor(async () => {
      const now = await ask<ServerLoad>({ do: "load", collects: false });
      return now.connected === 0 && now.dirty === 0 && now;
    }, { what: "all to be gone", intervalMs: 100 });
    loads.push(load);
    // What the runtime still holds goes with its pings.
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    const { heapBytes, externalBytes } = await ask<ServerLoad>({ do: "load", collects: true });
    if (round < warmRounds) continue;
    hours.push((performance.now() - startMs) / 3_600_000);
    bytes.push(heapBytes + externalBytes);
  }
  return {
    report: report!,
    line: fitLine(hours, bytes),
    first: loads[Math.min(warmRounds, rounds - 1)]!,
    last: loads.at(-1)!,
    isClean: loads.every(isClean),
  };
}

/** Whether nothing is left of clients that have gone. */
function isClean({ streaming, connected, lent, ledger }: ServerLoad): boolean {
  const { owed, delivered, superseded, leftView, dropped, pending } = ledger;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return streaming === 0 && connected === 0 && lent === 0 && pending === 0 &&
    owed === delivered + superseded + leftView + lost;
}

/** Ten minutes of clients that come and go in every way. */
export async function churnPart(sizes: ChurnSizes = FULL): Promise<Proved> {
  const start = performance.now();
  const { report, line, first, last, isClean } = await churn(sizes);
  const { slope, error, spread } = line;
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
  return {
    // What lies within the noise is no growth that is known.
    ok: isClean && slope - error < MAX_BYTES_PER_HOUR,
    seconds: (performance.now() - start) / 1000,
    summary:
      `${report.lives} clients came and went (${report.deaths} without a close, ${report.subscriptions} subscribed), ` +
      `${report.moves} viewports: heap and external memory after collection ${
        mib(slope)
      } MiB an hour, plus or minus ` +
      `${mib(error)} (95 %), below 1: ${slope < MAX_BYTES_PER_HOUR ? "met" : "NOT MET"}; samples spread by ` +
      `${mib(spread)} MiB; counters ${
        isClean ? "back to zero after every round" : "NOT BACK TO ZERO"
      }; resident memory ` +
      `${mib(first.rssBytes)} MiB after the warm-up, ${mib(last.rssBytes)} at the end`,
  };
}
