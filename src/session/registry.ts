import type { Connection } from "./connection.ts";

/** Totals over all connections since the start. */
export interface ConnectionTotals {
  accepted: number;
  refused: number;
  messagesIn: number;
  malformedMessages: number;
  framesSent: number;
  bytesSent: number;
}

/** All open connections of the server, bounded in number. */
export class ConnectionRegistry {
  readonly #maxConnections: number;
  readonly #open = new Set<Connection>();
  readonly #onEmpty: (() => void)[] = [];
  readonly #ended: ConnectionTotals = {
    accepted: 0,
    refused: 0,
    messagesIn: 0,
    malformedMessages: 0,
    framesSent: 0,
    bytesSent: 0,
  };

  /** @param maxConnections most connections open at a time */
  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
  }

  /** Open connections. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes a connection in; false (and counted) when the server is full. Check and insert are one step. */
  add(connection: Connection): boolean {
    if (this.#open.size >= this.#maxConnections) {
      this.#ended.refused++;
      return false;
    }
    this.#open.add(connection);
    this.#ended.accepted++;
    return true;
  }

  /** Lets a connection go; its counters stay in the totals. A second call does nothing. */
  remove(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    addCounters(this.#ended, connection);
    if (this.#open.size === 0) { for (const tell of this.#onEmpty.splice(0)) tell(); }
  }

  /** Resolves when no connection is open. */
  whenEmpty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** Sum over ended and open connections. O(open). */
  totals(): ConnectionTotals & { readonly bufferedBytes: number } {
    const totals = { ...this.#ended, bufferedBytes: 0 };
    for (const connection of this.#open) {
      addCounters(totals, connection);
      totals.bufferedBytes += connection.bufferedBytes;
    }
    return totals;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open.values();
  }
}

function addCounters(totals: ConnectionTotals, { counters }: Connection): void {
  totals.messagesIn += counters.messagesIn;
  totals.malformedMessages += counters.malformedMessages;
  totals.framesSent += counters.framesSent;
  totals.bytesSent += counters.bytesSent;
}
