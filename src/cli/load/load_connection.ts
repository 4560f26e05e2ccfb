import type { LoadClient, LoadLink } from "./workload.ts";

/** The part of a WebSocket that is used. */
export type LoadSocket = Pick<
  WebSocket,
  "binaryType" | "readyState" | "onopen" | "onmessage" | "onclose" | "onerror" | "send" | "close"
>;

/** How many connections there were, and how they ended; by close code. */
export class ConnectionTally {
  asked = 0;
  /** Taken in by the server, so far. */
  opened = 0;
  /** Closed before they were taken in. */
  readonly refused = new Map<number, number>();
  /** Closed by the other side after that. */
  readonly lost = new Map<number, number>();

  /** Asked for, and neither taken in nor refused. */
  get pending(): number {
    return this.asked - this.opened - sum(this.refused);
  }

  /** Connections that are there. */
  get open(): number {
    return this.opened - sum(this.lost);
  }

  /** All of one sort. */
  static sum(of: ReadonlyMap<number, number>): number {
    return sum(of);
  }
}

/** One client's socket: hands on what comes, and counts how it fares. */
export class LoadConnection implements LoadLink {
  readonly client: LoadClient;
  readonly #socket: LoadSocket;
  readonly #tally: ConnectionTally;
  /** Whether it is over. */
  isClosed = false;
  #isReady = false;
  #isLeaving = false;

  constructor(client: LoadClient, socket: LoadSocket, tally: ConnectionTally, now: () => number) {
    this.client = client;
    this.#socket = socket;
    this.#tally = tally;
    tally.asked++;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => client.onOpen(this, now());
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") client.onText(data, now());
      else client.onBinary(data as ArrayBuffer, now());
    };
    // A close always follows.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code }) => this.#closed(code);
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#tally.opened++;
  }

  /** Says good-bye. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close();
  }

  #closed(code: number): void {
    this.isClosed = true;
    this.client.onClose();
    if (this.#isLeaving) return;
    const counts = this.#isReady ? this.#tally.lost : this.#tally.refused;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    this.#isLeaving = true;
  }
}

function sum(counts: ReadonlyMap<number, number>): number {
  return counts.values().reduce((total, count) => total + count, 0);
}
