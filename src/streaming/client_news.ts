import type { Clock } from "../observe/mod.ts";
import type { RegionCache } from "../cache/mod.ts";
import { type Backpressure, backpressureMessage } from "../protocol/mod.ts";
import type { BacklogLimits } from "./backlog_watch.ts";
import type { ClientStream } from "./client_stream.ts";
import type { PressureMetrics } from "./pressure_metrics.ts";

/** What {@linkcode ClientNews} works with. */
export interface ClientNewsOptions extends BacklogLimits {
  readonly clock: Clock;
  readonly cache: RegionCache;
}

/** Tells clients what is held back from them, and when it no longer is. */
export class ClientNews {
  readonly #options: ClientNewsOptions;
  readonly #metrics: PressureMetrics;

  constructor(options: ClientNewsOptions, metrics: PressureMetrics) {
    this.#options = options;
    this.#metrics = metrics;
  }

  /** Tells a client if memory is too short for the detail that it wants, or was so far. O(view) while it is short. */
  tellOfMemory(client: ClientStream): void {
    const { heldLod } = this.#options.cache;
    const heldRegions = heldLod === 0 ? 0 : client.view.wantedFinerThan(heldLod);
    const finestLod = heldRegions === 0 ? 0 : heldLod;
    if (finestLod === client.toldHeldLod) return;
    client.toldHeldLod = finestLod;
    this.#tell(client, {
      state: finestLod > 0 ? "held" : "released",
      reason: "memory",
      heldRegions,
      finestLod,
    });
  }

  /** Tells a client if more is in its view than one client is sent, or was so far. */
  tellOfView(client: ClientStream): void {
    const { leftOut } = client.view;
    if (leftOut > 0 === client.isToldOfView) return;
    client.isToldOfView = leftOut > 0;
    this.#tell(client, {
      state: leftOut > 0 ? "held" : "released",
      reason: "view",
      heldRegions: leftOut,
      finestLod: this.#options.cache.heldLod,
    });
  }

  /** Tells a client that it is behind, or has caught up; answers whether it is to be closed instead. */
  tellOfBacklog(client: ClientStream, nowMs: number): boolean {
    const { backlog } = client;
    const news = backlog.look(nowMs, this.#options);
    if (news === undefined) return false;
    if (news === "close") {
      this.#metrics.closed("slow");
      return true;
    }
    const closeAfterMs = backlog.leftMs(nowMs, this.#options);
    this.#tell(client, {
      state: news,
      reason: "slow",
      heldRegions: client.owedCount,
      finestLod: this.#options.cache.heldLod,
      ...(closeAfterMs === undefined ? {} : { closeAfterMs }),
    });
    return false;
  }

  #tell({ connection: { outbox } }: ClientStream, news: Backpressure): void {
    this.#metrics.told(news.state, news.reason);
    outbox.sendText(backpressureMessage(news, this.#options.clock.now(), outbox.style));
  }
}
