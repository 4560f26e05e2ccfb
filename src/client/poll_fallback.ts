import type { ClientStatus } from "./client_status.ts";
import type { RegionPoller } from "./region_poller.ts";

/** What decides about polling. */
export interface PollFallbackOptions {
  readonly poller: Pick<RegionPoller, "start" | "stop">;
  /** Attempts in a row whose socket never opened, after which regions are fetched over HTTP; Infinity: never. */
  readonly afterFailures: number;
  /** Whether a world is wanted that can be fetched so. */
  readonly isWanted: () => boolean;
}

/**
 * Has regions fetched over HTTP while sockets do not open, as behind a proxy that passes none. The connection goes on
 * being tried, ever more seldom; once one has taken the client, polling ends.
 */
export class PollFallback {
  readonly #options: PollFallbackOptions;

  constructor(options: PollFallbackOptions) {
    this.#options = options;
  }

  /** Looks at where the connection stands, and starts or ends polling. */
  look({ state, step }: Pick<ClientStatus, "state" | "step">, failedUpgrades: number): void {
    const { poller, afterFailures, isWanted } = this.#options;
    // Not while the server is told what is held: that is to stay as it is.
    const isTrying = (state === "connecting" || state === "reconnecting") && step !== "joining";
    if (!isTrying) poller.stop();
    else if (failedUpgrades >= afterFailures && isWanted()) poller.start();
  }
}
