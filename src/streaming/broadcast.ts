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
 * Clients that are told before the event loop has its turn and hands to the machine what they were sent: what the runtime
 * keeps for so many of them is still at hand then, and the memory of their messages serves the next ones.
 */
const CLIENTS_A_TURN = 32;

/** Builds on their way to those who are to hear of them. */
interface Telling {
  readonly audience: ReadonlySet<ClientStream>;
  readonly news: BuildNews[];
  readonly clients: readonly ClientStream[];
  /** Place of the first one who has not been told. */
  next: number;
}

/**
 * Tells clients of builds that have ended, each client of all of them at once: while its state is at hand its frames are
 * chosen, put together and sent. Of several builds of one region only the newest is told. The event loop has its turn now
 * and then on the way.
 */
export class Broadcast implements TurnLead {
  readonly #options: BroadcastOptions;
  #news = new Map<ReadonlySet<ClientStream>, Map<RegionKey, BuildNews>>();
  /** What is being told now, the present one first. */
  #tellings: Telling[] = [];
  #isReversed = false;

  constructor(options: BroadcastOptions) {
    this.#options = options;
  }

  /** Whether nothing waits to be told. */
  get isEmpty(): boolean {
    return this.#news.size === 0 && this.#tellings.length === 0;
  }

  /** Notes a build that those are to hear of, as they are when it is told. */
  add(audience: ReadonlySet<ClientStream>, key: RegionKey, region: CachedRegion): void {
    const added = new BuildNews(key, region);
    const news = this.#news.get(audience);
    if (news === undefined) this.#news.set(audience, new Map([[key, added]]));
    else news.set(key, added);
    // Who has not been told of the build before it is not told of it any more.
    for (const telling of this.#tellings) {
      if (telling.audience !== audience) continue;
      const old = telling.news.findIndex((one) => one.key === key);
      if (old >= 0) telling.news[old] = added;
    }
  }

  /**
   * Tells some more clients of what had been noted when the first of them was told; true if there are others left of those.
   * After `endMs` clients are only told what they are owed, and are sent nothing yet.
   */
  run(nowMs: number, endMs: number): boolean {
    if (this.#tellings.length === 0) this.#begin();
    const { clock, onWork, onError } = this.#options;
    let told = 0;
    for (let telling = this.#tellings[0]; telling !== undefined; telling = this.#tellings[0]) {
      const { news, clients } = telling;
      while (telling.next < clients.length) {
        if (told === CLIENTS_A_TURN) return true;
        const client = clients[telling.next++]!;
        try {
          if (client.hear(news, nowMs, nowMs < endMs)) onWork(client);
        } catch (error) {
          onError(client, error);
        }
        if (++told % CLIENTS_A_LOOK === 0) nowMs = clock.monotonic();
      }
      this.#tellings.shift();
    }
    return false;
  }

  /** Forgets all that was noted. */
  clear(): void {
    this.#news.clear();
    this.#tellings = [];
  }

  #begin(): void {
    this.#isReversed = !this.#isReversed;
    for (const [audience, news] of this.#news) {
      const clients = this.#inTurn(audience);
      this.#tellings.push({ audience, news: [...news.values()], clients, next: 0 });
    }
    this.#news.clear();
  }

  /**
   * There and back again by turns: who was last is first the next time, as what the processor still has at hand is theirs
   * (the other way round everybody's would have been displaced by the time of their turn). So nobody is always the last.
   */
  #inTurn(audience: ReadonlySet<ClientStream>): readonly ClientStream[] {
    const clients = [...audience];
    return this.#isReversed ? clients.reverse() : clients;
  }
}
