import type { Metrics } from "../observe/mod.ts";
import { TREE_KINDS, type TreeKind } from "../tree/mod.ts";
import type { KindStatus, ServerStatus } from "./status.ts";

/** What is shown of each kind of tree; the label is `kind`. */
const ROWS: readonly {
  readonly field: keyof KindStatus;
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
}[] = [
  { field: "clients", name: "voxcast_kind_clients", type: "gauge", help: "Clients streamed to" },
  { field: "builds", name: "voxcast_kind_builds_total", type: "counter", help: "Successful builds" },
  { field: "cachedRegions", name: "voxcast_kind_cached_regions", type: "gauge", help: "Cached regions" },
  { field: "framesSent", name: "voxcast_kind_frames_sent_total", type: "counter", help: "Frames sent" },
];

/** The numbers that are counted by kind of tree, in the one registry. */
export class KindMetrics {
  readonly #metrics: Metrics;
  readonly #set: readonly ((kind: TreeKind, status: KindStatus) => void)[];

  /** Registers its metrics; a registry takes them once. */
  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#set = ROWS.map(({ field, name, type, help }) => {
      if (type === "gauge") {
        const gauge = metrics.gauge(name, help, ["kind"]);
        return (kind, status) => gauge.set({ kind }, status[field]);
      }
      const counter = metrics.counter(name, help, ["kind"]);
      const before: Record<TreeKind, number> = { esvo: 0, esvt: 0 };
      return (kind, status) => {
        counter.inc({ kind }, Math.max(0, status[field] - before[kind]));
        before[kind] = Math.max(before[kind], status[field]);
      };
    });
  }

  /** Takes over what the server reports. */
  refresh({ kinds }: ServerStatus): void {
    for (const kind of TREE_KINDS) {
      for (const set of this.#set) set(kind, kinds[kind]);
    }
  }

  /** The numbers of the registry: a group a kind. */
  async json(): Promise<Record<string, Record<string, number | undefined>>> {
    const json: Record<string, Record<string, number | undefined>> = {};
    for (const kind of TREE_KINDS) {
      const group: Record<string, number | undefined> = json[kind] = {};
      for (const { field, name } of ROWS) group[field] = await this.#metrics.value(name, { kind });
    }
    return json;
  }
}
