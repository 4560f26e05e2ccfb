import type { RegionKey } from "../space/mod.ts";
import type { CachedRegion } from "../cache/mod.ts";
import type { Clock } from "../observe/mod.ts";
import { BuildNews } from "./build_news.ts";
import type { ClientStream } from "./client_stream.ts";
import type { TurnLead } from "./turn_scheduler.ts";

/** What a {@linkcode Broadcast} works with. */
export interface BroadcastOptions {
  readonly clock: Clock;
  /** A client has work left. */
  readonly onWork: (client: ClientStream) => void;
  /** Told of a client that could not be told; the others are. */
  readonly onError: (client: ClientStream, error: unknown) => void;
}

/** Clients that are told before the clock is asked again. */
const CLIENTS_A_LOOK = 16;

/**
 * Tells clients of builds that have ended, each client of all of them at once: while its state is at hand its frames are
 * chosen, put together and sent. Of several builds of one region only the newest is told.
 */
export class Broadcast implements TurnLead {
  readonly #options: BroadcastOptions;
  #news = new Map<ReadonlySet<ClientStream>, Map<RegionKey, BuildNews>>();

  #isReversed = false;

  constructor(options: BroadcastOptions) {
    this.#options = options;
  }

  /** Whether nothing waits to be told. */
  get isEmpty(): boolean {
    return this.#news.size === 0;
  }

  /** Notes a build that those are to hear of, as they are when it is told. */
  add(audience: ReadonlySet<ClientStream>, key: RegionKey, region: CachedRegion): void {
    const news = this.#news.get(audience);
    if (news === undefined) this.#news.set(audience, new Map([[key, new BuildNews(key, region)]]));
    else news.set(key, new BuildNews(key, region));
  }

  /** Tells all that was noted. After `endMs` clients are only told what they are owed, and are sent nothing yet. */
  run(nowMs: number, endMs: number): void {
    if (this.isEmpty) return;
    const { clock, onWork, onError } = this.#options;
    const all = this.#news;
    this.#news = new Map();
    let untilLook = CLIENTS_A_LOOK;
    for (const [audience, byKey] of all) {
      const news = [...byKey.values()];
      for (const client of this.#inTurn(audience)) {
        try {
          if (client.hear(news, nowMs, nowMs < endMs)) onWork(client);
        } catch (error) {
          onError(client, error);
        }
        if (--untilLook > 0) continue;
        untilLook = CLIENTS_A_LOOK;
        nowMs = clock.monotonic();
      }
    }
  }

  /** Forgets all that was noted. */
  clear(): void {
    this.#news.clear();
  }

  /**
   * There and back again by turns: who was last is first the next time, as what the processor still has at hand is theirs
   * (the other way round everybody's would have been displaced by the time of their turn). So nobody is always the last.
   */
  #inTurn(audience: ReadonlySet<ClientStream>): readonly ClientStream[] {
    const clients = [...audience];
    this.#isReversed = !this.#isReversed;
    return this.#isReversed ? clients.reverse() : clients;
  }
}
