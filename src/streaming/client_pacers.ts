import type { Clock } from "../observe/mod.ts";
import type { Connection } from "../session/mod.ts";
import { FixedPacer } from "./fixed_pacer.ts";
import { FlowPacer } from "./flow_pacer.ts";
import type { Pacer } from "./pacer.ts";

/** What {@linkcode ClientPacers} works with. */
export interface ClientPacersOptions {
  readonly clock: Clock;
  readonly maxBulkMessageBytes: number;
  readonly maxClientBytesPerSecond: number;
}

/** Gives each stream its pacer; that of a connection which acknowledges knows its link from the streams before. */
export class ClientPacers {
  readonly #options: ClientPacersOptions;
  readonly #flow = new WeakMap<Connection, FlowPacer>();

  constructor(options: ClientPacersOptions) {
    this.#options = options;
  }

  /** The pacer of a connection that acknowledges what it receives, or does not. */
  pacer(connection: Connection, acknowledges: boolean): Pacer {
    const { clock, maxBulkMessageBytes: maxMessageBytes, maxClientBytesPerSecond } = this.#options;
    if (!acknowledges) return new FixedPacer({ maxMessageBytes, bytesPerSecond: maxClientBytesPerSecond });
    const sentBytes = connection.counters.regionBytesSent;
    const known = this.#flow.get(connection);
    if (known !== undefined) {
      known.catchUp(sentBytes, clock.monotonic());
      return known;
    }
    const pacer = new FlowPacer({ maxMessageBytes, sentBytes });
    this.#flow.set(connection, pacer);
    return pacer;
  }
}
