import { explainRefusal, type RefusalQuestion, type ServerAddress } from "./admission.ts";
import type { ClientError } from "./client_error.ts";
import type { Timers } from "./timers.ts";

/** Least time between two questions. */
const MIN_INTERVAL_MS = 10_000;

/**
 * Asks a server why sockets do not open, but not each time: many clients may share an address or a key, and
 * the questions count for the same limits as the sockets do.
 */
export class RefusalInquiry {
  readonly #address: ServerAddress;
  readonly #timers: Pick<Timers, "monotonic">;
  #askedAtMs = -Infinity;
  /** That nobody was there holds until the next question: a server's own answer is about one socket only. */
  #unreachable: ClientError | undefined;

  constructor(address: ServerAddress, timers: Pick<Timers, "monotonic">) {
    this.#address = address;
    this.#timers = timers;
  }

  /**
   * Why a socket did not open; undefined if the server has nothing against this client, or was asked too
   * short a time ago. Never rejects.
   */
  async ask(question: RefusalQuestion, signal: AbortSignal): Promise<ClientError | undefined> {
    const nowMs = this.#timers.monotonic();
    if (nowMs - this.#askedAtMs < MIN_INTERVAL_MS) return this.#unreachable;
    this.#askedAtMs = nowMs;
    const error = await explainRefusal(this.#address, question, signal);
    this.#unreachable = error?.code === "UNREACHABLE" ? error : undefined;
    return error;
  }
}
