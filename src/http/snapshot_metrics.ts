import type { MetricRow } from "./metric_table.ts";
import type { ReasonRow } from "./reason_metrics.ts";
import { snakeName } from "./snake_keys.ts";
import type { ServerStatus } from "./status.ts";

type Read = (status: ServerStatus) => number;

/** Counters of pictures: place below `snapshots`, what it counts, and where it comes from. */
const COUNTERS: readonly (readonly [field: string, help: string, read: Read])[] = [
  ["pictures", "Pictures that were traced", (s) => s.snapshots.pictures],
  ["cacheHits", "Pictures that were there already", (s) => s.snapshots.cacheHits],
  ["shared", "Requests that joined a picture in the making", (s) => s.snapshots.shared],
  ["unchanged", "Requests of those who held the picture as it is (304)", (s) => s.snapshots.unchanged],
  ["picks", "Picks that were answered", (s) => s.snapshots.picks],
  ["rays", "Rays from eyes and of picks", (s) => s.tracer.rays],
  ["fallbackPictures", "Pictures that the CPU made in place of the GPU", (s) => s.tracer.fallbackPictures],
  ["deviceLosses", "Times that the tracer's device went away", (s) => s.tracer.deviceLosses],
  ["hangs", "Times that the tracer's GPU hung", (s) => s.tracer.hangs],
  ["gpuMs", "Time of tracing on the GPU itself, where it can tell", (s) => s.tracer.gpuMs],
];

/** Present numbers of pictures. */
const GAUGES: typeof COUNTERS = [
  ["inWork", "Pictures in the making", (s) => s.snapshots.inWork],
  ["cachedBytes", "Bytes of pictures that are kept", (s) => s.snapshots.cachedBytes],
  ["waiting", "Pictures that wait for the one that is traced", (s) => s.tracer.waiting],
  ["heldBytes", "Bytes of regions that the tracer's Workers hold", (s) => s.tracer.heldBytes],
  ["workerBytes", "Memory of the tracer's Workers", (s) => s.tracer.memoryBytes],
  [
    "breakerOpen",
    "1 while the tracer leaves its GPU alone after failures, 0.5 while it is tried again",
    (s) => s.tracer.breaker === "open" ? 1 : s.tracer.breaker === "half-open" ? 0.5 : 0,
  ],
];

/** What `/api/metrics` shows of pictures and picks. */
export const SNAPSHOT_METRICS: readonly MetricRow[] = [
  ...GAUGES.map((row) => metricRow("gauge", row)),
  ...COUNTERS.map((row) => metricRow("counter", row)),
];

/** Counters of pictures by reason. */
export const SNAPSHOT_REASONS: readonly ReasonRow[] = [{
  field: "snapshots.refused",
  name: "voxcast_snapshot_refused_total",
  help: "Pictures and picks that were not given; those over a rate are not among them",
  read: ({ snapshots }) => snapshots.refused,
}];

function metricRow(kind: MetricRow["kind"], [field, help, read]: (typeof COUNTERS)[number]): MetricRow {
  const name = `voxcast_snapshot_${snakeName(field)}${kind === "counter" ? "_total" : ""}`;
  return { field: `snapshots.${field}`, name, kind, help, read };
}
