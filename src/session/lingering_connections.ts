import type { Connection } from "./connection.ts";

/** Less than this is not worth a place: an open connection that does nothing costs the process about as much. */
const MIN_BYTES = 64 * 1024;
/**
 * How long a place is kept. The runtime does not say when a peer has read the rest, only when its TCP connection breaks,
 * so for ever would be the loss of the place.
 */
const MAX_MS = 120_000;

/**
 * Ended connections whose peers had left much unread: the runtime keeps the bytes until they are read or the TCP connection
 * is gone. While they are here they count as open and their bytes as known, so that clients that never read cannot pile
 * up memory by coming again and again.
 */
export class LingeringConnections {
  /** Until when; the first to go in front. */
  readonly #untilMs = new Map<Connection, number>();
  #bytes = 0;

  /** How many they are. */
  get size(): number {
    return this.#untilMs.size;
  }

  /** Bytes that waited when their sockets were closed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes in a connection that has ended; false if it left too little behind. */
  add(connection: Connection, nowMs: number): boolean {
    if (connection.unsentBytes < MIN_BYTES) return false;
    this.#untilMs.set(connection, nowMs + MAX_MS);
    this.#bytes += connection.unsentBytes;
    return true;
  }

  /** Lets one go, if it is here. */
  delete(connection: Connection): boolean {
    if (!this.#untilMs.delete(connection)) return false;
    this.#bytes -= connection.unsentBytes;
    return true;
  }

  /** Lets those go whose time is over, and answers who they are. */
  takeDue(nowMs: number): readonly Connection[] {
    const due: Connection[] = [];
    for (const [connection, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) break;
      this.delete(connection);
      due.push(connection);
    }
    return due;
  }
}
