import { Counter, Gauge, Histogram, Registry } from "prom-client";

export type { Counter, Gauge, Histogram } from "prom-client";

/** Buckets for durations in milliseconds, from a tenth of a frame to ten seconds. */
export const DURATION_BUCKETS_MS: readonly number[] = [
  1,
  2,
  5,
  10,
  20,
  30,
  50,
  100,
  200,
  500,
  1000,
  2000,
  5000,
  10000,
];

export interface MetricInfo {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
}

/**
 * The one registry of numbers about a running server; `/api/metrics` and the Prometheus text are renderings of it.
 * Names are `voxcast_..._total` for counters and carry their unit as a suffix otherwise.
 * The runtime's default metrics are left out: they are wrong on Deno (an 80 ms block shows as 0.01 ms), see `loop_lag.ts`.
 * Registering a name twice throws.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #infos = new Map<string, MetricInfo>();

  /** A number that only grows: `inc()`, `inc(n)`, `inc({label}, n)`. */
  counter<L extends string>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    this.#remember(name, help, "counter", labels);
    return new Counter<L>({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  /** A number that is set: `set(n)`, `set({label}, n)`. With `read`, it is asked whenever it is shown. */
  gauge<L extends string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    read?: () => number,
  ): Gauge<L> {
    this.#remember(name, help, "gauge", labels);
    const collect = read === undefined ? {} : {
      collect(this: Gauge<L>): void {
        this.set(read());
      },
    };
    return new Gauge<L>({ name, help, labelNames: [...labels], registers: [this.#registry], ...collect });
  }

  /** A distribution: `observe(n)`, `observe({label}, n)`. Buckets are upper bounds, ascending; default milliseconds. */
  histogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    buckets: readonly number[] = DURATION_BUCKETS_MS,
  ): Histogram<L> {
    this.#remember(name, help, "histogram", labels);
    const registers = [this.#registry];
    return new Histogram<L>({ name, help, labelNames: [...labels], buckets: [...buckets], registers });
  }

  /** The Prometheus text exposition (version 0.0.4). */
  prometheus(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Media type of `prometheus()`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * The value of a counter or gauge, the number of observations of a histogram; the sum over all label sets that match
   * `labels`. A metric without a value yet is 0; an unknown name is `undefined`.
   */
  async value(
    name: string,
    labels: Readonly<Record<string, string | number>> = {},
  ): Promise<number | undefined> {
    const metric = this.#registry.getSingleMetric(name);
    if (metric === undefined) return undefined;
    const wantedName = this.#infos.get(name)!.kind === "histogram" ? `${name}_count` : undefined;
    let sum = 0;
    for (const sample of (await metric.get()).values) {
      const sampleName = (sample as { metricName?: string }).metricName;
      if (wantedName !== undefined && sampleName !== wantedName) continue;
      const own = sample.labels as Record<string, string | number | undefined>;
      if (Object.entries(labels).every(([key, value]) => String(own[key]) === String(value))) {
        sum += sample.value;
      }
    }
    return sum;
  }

  /** What is registered, in order of registration. */
  list(): readonly MetricInfo[] {
    return [...this.#infos.values()];
  }

  #remember(name: string, help: string, kind: MetricInfo["kind"], labels: readonly string[]): void {
    if (this.#infos.has(name)) throw new TypeError(`Cannot register metric ${name} twice`);
    this.#infos.set(name, { name, help, kind, labels: [...labels] });
  }
}
