import type { Clock } from "../observe/mod.ts";
import type { Connection } from "../session/mod.ts";
import { FixedPacer } from "./fixed_pacer.ts";
import { FlowPacer } from "./flow_pacer.ts";
import type { LoopLateness } from "./loop_lateness.ts";
import type { Pacer } from "./pacer.ts";

/** What {@linkcode ClientPacers} works with. */
export interface ClientPacersOptions {
  readonly clock: Clock;
  readonly maxBulkMessageBytes: number;
  readonly maxClientBytesPerSecond: number;
  readonly lateness: LoopLateness;
}

/**
 * Gives each stream its pacer, which is its connection's: one that acknowledges knows its link from the streams before, and one
 * that does not has no second burst for registering again.
 */
export class ClientPacers {
  readonly #options: ClientPacersOptions;
  readonly #flow = new WeakMap<Connection, FlowPacer>();
  readonly #fixed = new WeakMap<Connection, FixedPacer>();

  constructor(options: ClientPacersOptions) {
    this.#options = options;
  }

  /** The pacer of a connection that acknowledges what it receives, or does not. */
  pacer(connection: Connection, acknowledges: boolean): Pacer {
    if (!acknowledges) return this.#fixedPacer(connection);
    const { clock, lateness, maxBulkMessageBytes: maxMessageBytes } = this.#options;
    const sentBytes = connection.counters.regionBytesSent;
    const known = this.#flow.get(connection);
    if (known !== undefined) {
      known.catchUp(sentBytes, clock.monotonic());
      return known;
    }
    const pacer = new FlowPacer({ maxMessageBytes, sentBytes, lateness });
    this.#flow.set(connection, pacer);
    return pacer;
  }

  #fixedPacer(connection: Connection): FixedPacer {
    const known = this.#fixed.get(connection);
    if (known !== undefined) return known;
    const { maxBulkMessageBytes: maxMessageBytes, maxClientBytesPerSecond: bytesPerSecond } = this.#options;
    const pacer = new FixedPacer({ maxMessageBytes, bytesPerSecond });
    this.#fixed.set(connection, pacer);
    return pacer;
  }
}
