import type { Clock, TimerId } from "../observe/mod.ts";
import type { RegionCache } from "../cache/mod.ts";
import type { BacklogLimits } from "./backlog_watch.ts";
import { ClientNews } from "./client_news.ts";
import type { ClientStream } from "./client_stream.ts";
import type { PressureMetrics } from "./pressure_metrics.ts";

/** What a {@linkcode StreamCycle} works with. */
export interface StreamCycleOptions extends BacklogLimits {
  readonly clock: Clock;
  readonly cache: RegionCache;
  readonly streamingIntervalMs: number;
}

/** Whom a cycle looks at, and whom it tells. */
export interface StreamCycleHooks {
  readonly metrics: PressureMetrics;
  /** The clients that stream now. */
  readonly clients: () => Iterable<ClientStream>;
  /** A client may be owed something. */
  readonly onWork: (client: ClientStream) => void;
  /** A client has taken nothing for too long. */
  readonly onStuck: (client: ClientStream) => void;
}

/** Wanted sets are compared with what was sent at least this often, in milliseconds. */
const RECONCILE_INTERVAL_MS = 1000;

/**
 * Looks over all clients again and again: picks up what no event has told of, heals what was skipped, and tells those from
 * whom something is held back.
 */
export class StreamCycle implements Disposable {
  readonly #options: StreamCycleOptions;
  readonly #hooks: StreamCycleHooks;
  readonly #news: ClientNews;
  #reconciledAtMs = 0;
  #seenHeldLod = 0;
  #timer: TimerId | undefined;

  constructor(options: StreamCycleOptions, hooks: StreamCycleHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#news = new ClientNews(options, hooks.metrics);
    this.#schedule();
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
  }

  #schedule(): void {
    const { clock, streamingIntervalMs } = this.#options;
    this.#timer = clock.setTimeout(() => {
      this.#lookOver(clock.monotonic());
      this.#schedule();
    }, streamingIntervalMs);
  }

  #lookOver(nowMs: number): void {
    const { cache } = this.#options;
    const { clients, onStuck, onWork } = this.#hooks;
    const isHeldChanged = cache.heldLod !== this.#seenHeldLod;
    const isReconciling = isHeldChanged || nowMs - this.#reconciledAtMs >= RECONCILE_INTERVAL_MS;
    this.#seenHeldLod = cache.heldLod;
    if (isReconciling) {
      this.#reconciledAtMs = nowMs;
      cache.sweep();
    }
    for (const client of [...clients()]) {
      if (isReconciling) {
        client.view.owed.reconcile();
        this.#news.tellOfMemory(client);
      }
      if (this.#news.tellOfBacklog(client, nowMs)) onStuck(client);
      // One that was closed meanwhile has no work any more.
      if (client.hasWork) onWork(client);
    }
  }
}
