import { explainRefusal, type RefusalQuestion } from "./admission.ts";
import type { ServerAddress } from "./http_reach.ts";
import { type ClientError, localError } from "./client_error.ts";
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
  /** What is known until the next question: a server's own answer is about one socket only, but that it had one counts. */
  #meanwhile: ClientError | undefined;

  constructor(address: ServerAddress, timers: Pick<Timers, "monotonic">) {
    this.#address = address;
    this.#timers = timers;
  }

  /**
   * Why a socket did not open; undefined if the server has nothing against this client. It is not asked again too soon:
   * until then a refusal is NOT_OPENED, as the next one may have another reason. Never rejects.
   */
  async ask(question: RefusalQuestion, signal: AbortSignal): Promise<ClientError | undefined> {
    const nowMs = this.#timers.monotonic();
    if (nowMs - this.#askedAtMs < MIN_INTERVAL_MS) return this.#meanwhile;
    this.#askedAtMs = nowMs;
    const error = await explainRefusal(this.#address, question, signal);
    this.#meanwhile = error === undefined || error.code === "UNREACHABLE" ? error : notOpened();
    return error;
  }
}

/** A socket did not open, and nobody knows why. */
export function notOpened(): ClientError {
  return localError("NOT_OPENED", "The server did not open the connection");
}
