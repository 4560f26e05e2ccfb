import { BARE_PING, BARE_PONG } from "../../protocol/mod.ts";
import type { Problems } from "./problems.ts";
import type { Samples } from "./samples.ts";
import type { LoadClient, LoadLink } from "./workload.ts";

/** Time between two pings. */
const INTERVAL_MS = 1000;

/** A client that pings, and measures how long the answers take. */
export class HeartbeatClient implements LoadClient {
  readonly path = "heartbeat";
  readonly #index: number;
  readonly #roundTrips: Samples;
  readonly #problems: Problems;
  #link: LoadLink | undefined;
  #sentMs: number | undefined;
  #nextMs = Infinity;

  constructor(index: number, roundTrips: Samples, problems: Problems) {
    this.#index = index;
    this.#roundTrips = roundTrips;
    this.#problems = problems;
  }

  onOpen(link: LoadLink, nowMs: number): void {
    this.#link = link;
    this.#ping(nowMs);
  }

  onText(text: string, nowMs: number): void {
    if (text !== BARE_PONG) {
      if (!text.includes('"HEARTBEAT"')) {
        this.#problems.add("messages of the server", `client ${this.#index}: ${text}`);
      }
      return;
    }
    this.#link!.ready();
    if (this.#sentMs !== undefined) this.#roundTrips.add(nowMs - this.#sentMs);
    this.#sentMs = undefined;
  }

  onBinary(): void {
    this.#problems.add("messages of the server", `client ${this.#index}: a heartbeat has sent bytes`);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#nextMs && this.#sentMs === undefined) this.#ping(nowMs);
  }

  onClose(): void {
    this.#nextMs = Infinity;
  }

  #ping(nowMs: number): void {
    this.#sentMs = nowMs;
    this.#nextMs = nowMs + INTERVAL_MS;
    this.#link!.send(BARE_PING);
  }
}
