import type { Clock } from "../../observe/mod.ts";
import type { ServerError } from "../server_client.ts";
import type { LoadClient } from "./workload.ts";

/** What {@linkcode PutOff} works with. */
export interface PutOffOptions {
  readonly clock: Clock;
  /** Why a socket would not open now; undefined if nothing stands against it. */
  readonly explain: () => Promise<ServerError | undefined>;
}

/** One answer of the server is good for all sockets that did not open within this time. */
const EXPLAINED_MS = 250;
/** By the time that the server is asked it may have room again. Then a client tries again after this time ... */
const UNEXPLAINED_PAUSE_MS = 1000;
/** ... but so many times only, as it may be something else. */
const UNEXPLAINED_TRIES = 3;

/**
 * Clients whose sockets did not open because the server takes newcomers in slowly at the moment: it is meant to, and tells
 * them when to come again. A socket does not tell why it did not open, so the server is asked.
 */
export class PutOff {
  /** Attempts that were put off. */
  count = 0;
  readonly #options: PutOffOptions;
  readonly #dueMs = new Map<LoadClient, number>();
  readonly #unexplained = new Map<LoadClient, number>();
  #explained: { readonly atMs: number; readonly why: Promise<ServerError | undefined> } | undefined;

  constructor(options: PutOffOptions) {
    this.#options = options;
  }

  /** Decides about a client whose socket did not open; answers whether it is to come again. */
  async takes(client: LoadClient): Promise<boolean> {
    const why = await this.#explain();
    const nowMs = this.#options.clock.monotonic();
    if (why === undefined) {
      const tries = (this.#unexplained.get(client) ?? 0) + 1;
      if (tries > UNEXPLAINED_TRIES) return false;
      this.#unexplained.set(client, tries);
    } else if (why.code !== "OVERLOADED") return false;
    this.#dueMs.set(client, nowMs + (why?.retryAfterMs ?? UNEXPLAINED_PAUSE_MS));
    this.count++;
    return true;
  }

  /** Gives out those whose time has come. */
  takeDue(nowMs: number): LoadClient[] {
    const due = [...this.#dueMs].filter(([, dueMs]) => dueMs <= nowMs).map(([client]) => client);
    for (const client of due) this.#dueMs.delete(client);
    return due;
  }

  /** Those who still wait give up; answers how many they are. */
  giveUp(): number {
    const { size } = this.#dueMs;
    this.#dueMs.clear();
    return size;
  }

  #explain(): Promise<ServerError | undefined> {
    const nowMs = this.#options.clock.monotonic();
    if (this.#explained === undefined || nowMs - this.#explained.atMs > EXPLAINED_MS) {
      this.#explained = { atMs: nowMs, why: this.#options.explain() };
    }
    return this.#explained.why;
  }
}
