import type { Problems } from "./problems.ts";
import type { LoadClient, LoadLink } from "./workload.ts";

/** Time between two updates that are asked for. */
const INTERVAL_MS = 100;

/** A client that subscribes to the numbers of a world. */
export class StreamClient implements LoadClient {
  readonly path = "stream_features";
  updates = 0;
  readonly #index: number;
  readonly #world: string;
  readonly #problems: Problems;
  #link: LoadLink | undefined;

  constructor(index: number, world: string, problems: Problems) {
    this.#index = index;
    this.#world = world;
    this.#problems = problems;
  }

  onOpen(link: LoadLink): void {
    this.#link = link;
    link.send(JSON.stringify({
      type: "SUBSCRIBE",
      stream_type: "stream_features",
      stream_id: `load-${this.#index}`,
      world: this.#world,
      params: { update_interval_ms: INTERVAL_MS },
    }));
  }

  onText(text: string): void {
    const { type } = JSON.parse(text) as { type: string };
    if (type === "FEATURE_UPDATE") this.updates++;
    else if (type === "SUBSCRIBE_SUCCESS") this.#link!.ready();
    else if (type !== "HEARTBEAT") {
      this.#problems.add("messages of the server", `client ${this.#index}: ${text}`);
    }
  }

  onBinary(): void {
    this.#problems.add("messages of the server", `client ${this.#index}: a stream of numbers has sent bytes`);
  }

  tick(): void {}

  onClose(): void {}
}
