import type { ConnectionCounters } from "./connection_counters.ts";
import { payloadBytes } from "./payload_bytes.ts";
import { Ring } from "./ring.ts";
import type { Payload, Wire } from "./wire.ts";

/** What a message counts as while it waits in the socket. */
export const BULK = 0;
export const CONTROL = 1;
export const FRAME = 2;
export type WireLane = typeof BULK | typeof CONTROL | typeof FRAME;

/** An entry is `bytes * LANES + lane`, one number. */
const LANES = 4;

/**
 * Account of what was handed to a wire and has not been taken yet. The wire only tells how many bytes wait in all, and
 * takes messages in order and whole; so the oldest ones are gone as soon as the others suffice for what waits.
 */
export class WireLedger {
  readonly #wire: Wire;
  readonly #counters: ConnectionCounters;
  readonly #entries = new Ring<number>();
  #waitingBytes = 0;
  #controlMessages = 0;
  #controlBytes = 0;
  #frames = 0;

  /** @param counters where all that is handed over is counted, without the frames that the wire puts around messages */
  constructor(wire: Wire, counters: ConnectionCounters) {
    this.#wire = wire;
    this.#counters = counters;
  }

  /** Bytes handed over since the start. */
  get handedBytes(): number {
    return this.#counters.bytesSent;
  }

  /** Bytes that waited at the last {@linkcode settle}, and what has come since. Asks the wire nothing. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Control messages among those that waited at the last {@linkcode settle}, and what has come since. */
  get controlMessages(): number {
    return this.#controlMessages;
  }

  /** Their bytes. */
  get controlBytes(): number {
    return this.#controlBytes;
  }

  /** Frames, as {@linkcode controlMessages}. */
  get frames(): number {
    return this.#frames;
  }

  /** Whether everything had been taken at the last {@linkcode settle} and nothing has come since. Asks the wire nothing. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Strikes out what the wire has taken; returns the bytes that wait. O(1) amortised. */
  settle(): number {
    const buffered = this.#wire.bufferedAmount;
    for (let entry = this.#entries.peek(); entry !== undefined; entry = this.#entries.peek()) {
      const bytes = Math.floor(entry / LANES);
      if (this.#waitingBytes - bytes < buffered) break;
      this.#entries.shift();
      this.#waitingBytes -= bytes;
      this.#strike(entry % LANES, bytes);
    }
    return buffered;
  }

  /**
   * Hands a message over. Asks the wire nothing: the answer costs as much as counting the bytes of a long text.
   * @throws whatever the wire throws; nothing is noted then
   */
  hand(lane: WireLane, message: Payload): void {
    this.#wire.send(message);
    const bytes = payloadBytes(message);
    this.#counters.packetsSent++;
    this.#counters.bytesSent += bytes;
    this.#waitingBytes += bytes;
    const last = lane === BULK ? this.#entries.last() : undefined;
    // Bulk is counted in bytes only, so neighbours share an entry and small messages cost no memory here.
    if (last !== undefined && last % LANES === BULK) this.#entries.replaceLast(last + bytes * LANES);
    else this.#entries.push(bytes * LANES + lane);
    if (lane === CONTROL) {
      this.#controlMessages++;
      this.#controlBytes += bytes;
    } else if (lane === FRAME) {
      this.#frames++;
    }
  }

  #strike(lane: number, bytes: number): void {
    if (lane === CONTROL) {
      this.#controlMessages--;
      this.#controlBytes -= bytes;
    } else if (lane === FRAME) {
      this.#frames--;
    }
  }
}
