import type { Counter, Metrics } from "../observe/mod.ts";
import type { ServerStatus } from "./status.ts";

/** A number of the server that is counted by reason. */
export interface ReasonRow {
  /** Dotted place in `/api/metrics`, of an object with a number a reason. */
  readonly field: string;
  readonly name: string;
  readonly help: string;
  readonly read: (status: ServerStatus) => Readonly<Record<string, number>>;
}

/** Counters with a label `reason`, in the one registry. */
export class ReasonMetrics {
  readonly #metrics: Metrics;
  readonly #sources: readonly {
    readonly row: ReasonRow;
    readonly counter: Counter<"reason">;
    readonly before: Map<string, number>;
  }[];

  /** Registers its metrics; a registry takes them once. */
  constructor(metrics: Metrics, rows: readonly ReasonRow[]) {
    this.#metrics = metrics;
    this.#sources = rows.map((row) => ({
      row,
      counter: metrics.counter(row.name, row.help, ["reason"]),
      before: new Map(),
    }));
  }

  /** Takes over what the server reports. */
  refresh(status: ServerStatus): void {
    for (const { row, counter, before } of this.#sources) {
      for (const [reason, count] of Object.entries(row.read(status))) {
        const last = before.get(reason) ?? 0;
        if (count > last) counter.inc({ reason }, count - last);
        before.set(reason, Math.max(last, count));
      }
    }
  }

  /** The numbers of the registry by place, as in `ledger.dropped.closed`. */
  async values(): Promise<[field: string, value: number][]> {
    const values: [string, number][] = [];
    for (const { row, before } of this.#sources) {
      for (const reason of before.keys()) {
        values.push([`${row.field}.${reason}`, await this.#metrics.value(row.name, { reason }) ?? 0]);
      }
    }
    return values;
  }
}
