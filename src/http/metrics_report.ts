import type { Gauge, Metrics } from "../observe/mod.ts";
import type { World, Worlds } from "../world/mod.ts";
import { KindMetrics } from "./kind_metrics.ts";
import { METRIC_TABLE, type MetricRow } from "./metric_table.ts";
import { ReasonMetrics, type ReasonRow } from "./reason_metrics.ts";
import { SESSION_METRICS, SESSION_REASONS } from "./session_metrics.ts";
import { SNAPSHOT_METRICS, SNAPSHOT_REASONS } from "./snapshot_metrics.ts";
import { shortNumber } from "./short_number.ts";
import type { ServerStatus } from "./status.ts";
import { occupiedRegions } from "./world_json.ts";

/** The numbers of the server as JSON: groups of short numbers, the groups of `worlds` by world. */
export type MetricsJson = Record<string, unknown>;

interface Source {
  readonly row: MetricRow;
  readonly set: (value: number) => void;
}

/** What is shown of each world; the label is `world`. */
const WORLD_GAUGES: readonly { field: string; name: string; help: string; read: (world: World) => number }[] =
  [
    {
      field: "regions",
      name: "voxcast_world_regions",
      help: "Regions that hold something",
      read: occupiedRegions,
    },
    {
      field: "dirtyRegions",
      name: "voxcast_world_dirty_regions",
      help: "To be built",
      read: (w) => w.dirty.size,
    },
    { field: "voxels", name: "voxcast_world_voxels", help: "Voxels", read: (w) => w.voxelCount },
    { field: "entities", name: "voxcast_world_entities", help: "Entities", read: (w) => w.entityCount },
    { field: "bytes", name: "voxcast_world_bytes", help: "Memory", read: (w) => w.bytes },
    { field: "seq", name: "voxcast_world_seq", help: "Number of the newest change", read: (w) => w.seq },
  ];

/** What is counted by reason. */
const REASONS: readonly ReasonRow[] = [
  {
    field: "ledger.dropped",
    name: "voxcast_ledger_dropped_total",
    help: "Of the frames owed, dropped",
    read: ({ ledger }) => ledger.dropped,
  },
  {
    field: "bulk.messages",
    name: "voxcast_bulk_messages_total",
    help: "Messages of regions, by why they left when they did",
    read: ({ bulk }) => bulk.messages,
  },
  {
    field: "bulk.frames",
    name: "voxcast_bulk_frames_total",
    help: "Frames in them, by what they brought",
    read: ({ bulk }) => bulk.frames,
  },
  {
    field: "backpressure.held",
    name: "voxcast_backpressure_held_total",
    help: "Clients told that something is held back",
    read: ({ backpressure }) => ({ ...backpressure.held }),
  },
  {
    field: "backpressure.released",
    name: "voxcast_backpressure_released_total",
    help: "Clients told that nothing is held back any more",
    read: ({ backpressure }) => ({ ...backpressure.released }),
  },
  {
    field: "backpressure.closed",
    name: "voxcast_backpressure_closed_total",
    help: "Clients closed: they took nothing, or their sockets failed",
    read: ({ backpressure }) => ({ ...backpressure.closed }),
  },
  ...SESSION_REASONS,
  ...SNAPSHOT_REASONS,
];

/**
 * Brings what the server reports about itself into the one registry, and renders that registry as JSON or as Prometheus
 * text. Both renderings read the registry, so they cannot disagree.
 */
export class MetricsReport {
  readonly #metrics: Metrics;
  readonly #status: () => ServerStatus;
  readonly #worlds: Worlds;
  readonly #sources: readonly Source[];
  readonly #reasons: ReasonMetrics;
  readonly #builder: Gauge<"name">;
  readonly #kinds: KindMetrics;
  readonly #worldGauges: readonly Gauge<"world">[];

  /** Registers every metric; a registry takes one report. */
  constructor(metrics: Metrics, status: () => ServerStatus, worlds: Worlds) {
    this.#metrics = metrics;
    this.#status = status;
    this.#worlds = worlds;
    this.#sources = [...METRIC_TABLE, ...SESSION_METRICS, ...SNAPSHOT_METRICS].map((row) => ({
      row,
      set: register(metrics, row),
    }));
    this.#reasons = new ReasonMetrics(metrics, REASONS);
    this.#builder = metrics.gauge("voxcast_builder_info", "1 for the backend that really builds", ["name"]);
    this.#kinds = new KindMetrics(metrics);
    this.#worldGauges = WORLD_GAUGES.map(({ name, help }) => metrics.gauge(name, help, ["world"]));
  }

  /** The Prometheus text. */
  async prometheus(): Promise<string> {
    this.#refresh();
    return await this.#metrics.prometheus();
  }

  /** Media type of {@linkcode MetricsReport.prometheus}. */
  get prometheusType(): string {
    return this.#metrics.contentType;
  }

  /** The same as groups of numbers. */
  async json(): Promise<MetricsJson> {
    const { builder } = this.#refresh();
    const json: MetricsJson = { builder: { name: builder.name } };
    for (const { row } of this.#sources) place(json, row.field, await this.#metrics.value(row.name));
    for (const [field, value] of await this.#reasons.values()) place(json, field, value);
    json["kinds"] = await this.#kinds.json();
    json["worlds"] = Object.fromEntries(
      await Promise.all([...this.#worlds.list()].map(async ({ id }) => [id, await this.#worldJson(id)])),
    );
    return json;
  }

  async #worldJson(id: string): Promise<Record<string, number | undefined>> {
    const json: Record<string, number | undefined> = {};
    for (const { field, name } of WORLD_GAUGES) json[field] = await this.#metrics.value(name, { world: id });
    return json;
  }

  /** Synchronous, so that every rendering shows one moment. */
  #refresh(): ServerStatus {
    const status = this.#status();
    for (const { row, set } of this.#sources) set(row.read(status));
    this.#reasons.refresh(status);
    this.#kinds.refresh(status);
    this.#builder.reset();
    this.#builder.set({ name: status.builder.name }, 1);
    this.#worldGauges.forEach((gauge, i) => {
      // Without this, deleted worlds would stay.
      gauge.reset();
      for (const world of this.#worlds.list()) gauge.set({ world: world.id }, WORLD_GAUGES[i]!.read(world));
    });
    return status;
  }
}

/** A counter only grows, so what it is set to goes in as the difference. */
function register(metrics: Metrics, row: MetricRow): (value: number) => void {
  if (row.kind === "gauge") {
    const gauge = metrics.gauge(row.name, row.help);
    return (value) => gauge.set(value);
  }
  const counter = metrics.counter(row.name, row.help);
  let before = 0;
  return (value) => {
    if (value > before) counter.inc(value - before);
    before = Math.max(before, value);
  };
}

function place(json: MetricsJson, field: string, value: number | undefined): void {
  const parts = field.split(".");
  let group = json;
  for (const part of parts.slice(0, -1)) group = (group[part] ??= {}) as MetricsJson;
  group[parts.at(-1)!] = value === undefined ? value : shortNumber(value);
}
