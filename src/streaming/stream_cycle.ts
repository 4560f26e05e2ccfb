import type { Clock, TimerId } from "../observe/mod.ts";
import type { RegionCache } from "../cache/mod.ts";
import type { BacklogLimits } from "./backlog_watch.ts";
import { ClientNews } from "./client_news.ts";
import type { ClientStream } from "./client_stream.ts";
import type { LoopLateness } from "./loop_lateness.ts";
import type { PressureMetrics } from "./pressure_metrics.ts";

/** What a {@linkcode StreamCycle} works with. */
export interface StreamCycleOptions extends BacklogLimits {
  readonly clock: Clock;
  readonly cache: RegionCache;
  readonly streamingIntervalMs: number;
  /** Most time of one look at what clients want and were sent. */
  readonly turnBudgetMs: number;
}

/** Whom a cycle looks at, and whom it tells. */
export interface StreamCycleHooks {
  readonly metrics: PressureMetrics;
  /** The clients that stream now. */
  readonly clients: () => Iterable<ClientStream>;
  /** A client may be owed something. */
  readonly onWork: (client: ClientStream) => void;
  /** Told how late each cycle is. */
  readonly lateness: LoopLateness;
  /** A client has taken nothing for too long. */
  readonly onStuck: (client: ClientStream) => void;
}

/** Wanted sets are compared with what was sent this often, in milliseconds, or as often as there is time for it ... */
const RECONCILE_INTERVAL_MS = 1000;
/** ... in pieces of so many slots, after which the clock is asked. */
const SLOTS_A_LOOK = 512;

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
  /** Clients whose wanted sets are still to be compared in this pass, the next one last. */
  #due: ClientStream[] = [];
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
    const dueMs = clock.monotonic() + streamingIntervalMs;
    this.#timer = clock.setTimeout(() => {
      const nowMs = clock.monotonic();
      this.#hooks.lateness.note(dueMs, nowMs);
      this.#lookOver(nowMs);
      this.#schedule();
    }, streamingIntervalMs);
  }

  #lookOver(nowMs: number): void {
    const { cache } = this.#options;
    const { onStuck, onWork } = this.#hooks;
    const clients = new Set(this.#hooks.clients());
    const isHeldChanged = cache.heldLod !== this.#seenHeldLod;
    this.#seenHeldLod = cache.heldLod;
    const isDue = this.#due.length === 0 && nowMs - this.#reconciledAtMs >= RECONCILE_INTERVAL_MS;
    if (isHeldChanged || isDue) {
      this.#reconciledAtMs = nowMs;
      cache.sweep();
      this.#due = [...clients];
      for (const { view } of clients) view.owed.rewind();
    }
    this.#reconcile(clients, nowMs + this.#options.turnBudgetMs);
    for (const client of clients) {
      this.#news.tellOfView(client);
      if (this.#news.tellOfBacklog(client, nowMs)) onStuck(client);
      // One that was closed meanwhile has no work any more.
      if (client.hasWork) onWork(client);
    }
  }

  /** Goes on comparing what clients want with what they were sent, until a time. */
  #reconcile(clients: ReadonlySet<ClientStream>, endMs: number): void {
    const { clock } = this.#options;
    for (let client = this.#due.at(-1); client !== undefined; client = this.#due.at(-1)) {
      if (!clients.has(client)) this.#due.pop();
      // What is not in line yet is looked at anyway, in its order.
      else if (!client.view.isLined || client.view.owed.reconcile(SLOTS_A_LOOK)) {
        this.#due.pop();
        this.#news.tellOfMemory(client);
      }
      if (clock.monotonic() >= endMs) return;
    }
  }
}
