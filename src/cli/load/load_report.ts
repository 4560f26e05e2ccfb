import { formatCount } from "../quantities.ts";
import type { LoadArguments } from "./load_arguments.ts";
import type { Problem } from "./problems.ts";
import type { ServerLedger } from "./server_ledger.ts";
import type { LoadNumbers } from "./workload.ts";

/** What came of a load. */
export interface LoadReport {
  readonly ok: boolean;
  readonly load: Pick<
    LoadArguments,
    "workload" | "clients" | "ramp" | "seconds" | "path" | "rate" | "edits" | "features" | "world"
  >;
  readonly connections: {
    readonly asked: number;
    readonly opened: number;
    /** Attempts that the server told to come again later, as it takes newcomers in slowly: they did. */
    readonly putOff: number;
    readonly refused: number;
    readonly lost: number;
    /** By close code; 1006: the upgrade was refused, or the network broke. */
    readonly refusedBy: Readonly<Record<string, number>>;
    readonly lostBy: Readonly<Record<string, number>>;
  };
  readonly numbers: LoadNumbers;
  /** What the server's account of frames has come to; null if the credential may not see it. */
  readonly ledger: ServerLedger | null;
  /** What the tool itself has taken: processor time, as a part of one core, and how late its timer ran. */
  readonly tool: { readonly cpuSeconds: number; readonly cpuShare: number; readonly timerLateP99Ms: number };
  readonly problems: readonly Problem[];
}

/** What the numbers are called in the table, where their names alone say too little. */
const TITLES: Readonly<Record<string, string>> = {
  updateToFrame: "update to frame",
  updateToAll: "update to the last client",
  atRest: "compared at the end",
};

/** The report as a table. */
export function formatLoadReport(report: LoadReport): string {
  const { load, connections, numbers, ledger, tool, problems, ok } = report;
  const { refusedBy, lostBy, ...counts } = connections;
  const rows: [string, string][] = [
    [
      "load",
      `${load.workload}, ${load.clients} clients, ${load.path}, ${load.rate} views/s each, ${load.edits} edits/s, ${load.seconds} s`,
    ],
    ["features", load.features.join(" ") || "none"],
    ["connections", join({ ...counts, ...codes("refused with", refusedBy), ...codes("lost with", lostBy) })],
    ...Object.entries(numbers).map((
      [name, group],
    ): [string, string] => [TITLES[name] ?? name, join({ ...group })]),
    ["server's ledger", ledger === null ? "this credential may not see it" : join(ledger)],
    [
      "this tool",
      `${tool.cpuSeconds.toFixed(1)} s of processor time, ${
        Math.round(tool.cpuShare * 100)
      } % of one core; its timer p99 ${round(tool.timerLateP99Ms)} ms late`,
    ],
    ...problems.map(({ check, count, first }): [string, string] => [
      "PROBLEM",
      `${check}: ${formatCount(count)}; the first: ${first}`,
    ]),
    ["checks", ok ? "all passed" : "FAILED"],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join("");
}

function codes(words: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([code, count]) => [`${words} ${code}`, count]));
}

/** `delivered 12, p50 3.2 ms`: names in words, units behind. Of nothing there are no times. */
function join(group: Readonly<Record<string, number>>): string {
  if (group["count"] === 0) return "none";
  return Object.entries(group).map(([name, value]) => {
    const words = name.replaceAll("_", " ").replaceAll(
      /([a-z0-9])([A-Z])/g,
      (_, a, b) => `${a} ${b.toLowerCase()}`,
    );
    const [, text = words, unit = ""] = /^(.*?)( ms)?$/.exec(words) ?? [];
    return `${text} ${round(value)}${unit}`;
  }).join(", ");
}

function round(value: number): string {
  return formatCount(
    Math.abs(value) >= 100 || Number.isInteger(value) ? Math.round(value) : Number(value.toFixed(2)),
  );
}
