import { HeartbeatClient } from "./heartbeat_client.ts";
import { RegionWorkload } from "./region_workload.ts";
import { Samples } from "./samples.ts";
import { StreamClient } from "./stream_client.ts";
import type { LoadClient, LoadNumbers, Workload, WorkloadContext } from "./workload.ts";

/** Of ten clients seven look at regions, two subscribe to numbers, and one pings; edits come over REST. */
export class MixedWorkload implements Workload {
  readonly #context: WorkloadContext;
  readonly #regions: RegionWorkload;
  readonly #streams: StreamClient[] = [];
  readonly #roundTrips = new Samples();

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#regions = new RegionWorkload(context);
  }

  prepare(): Promise<void> {
    return this.#regions.prepare();
  }

  client(index: number): LoadClient {
    const { given: { world }, problems } = this.#context;
    const place = index % 10;
    if (place === 9) return new HeartbeatClient(index, this.#roundTrips, problems);
    if (place < 7) return this.#regions.client(index);
    const stream = new StreamClient(index, world, problems);
    this.#streams.push(stream);
    return stream;
  }

  tick(nowMs: number, isFull: boolean): void {
    this.#regions.tick(nowMs, isFull);
  }

  progress(): string {
    return `${this.#regions.progress()}, ${this.#updates} updates, ${this.#roundTrips.count} pongs`;
  }

  finish(): Promise<void> {
    return this.#regions.finish();
  }

  numbers(): LoadNumbers {
    return {
      ...this.#regions.numbers(),
      streams: { subscribers: this.#streams.length, updates: this.#updates },
      heartbeat: this.#roundTrips.summary(),
    };
  }

  get #updates(): number {
    return this.#streams.reduce((sum, { updates }) => sum + updates, 0);
  }
}
