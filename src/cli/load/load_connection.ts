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
  /** Closed before they were taken in, and not to come again. */
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

  /** Some were closed before they were taken in. */
  refuse(code: number, count = 1): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + count);
  }

  /** All of one sort. */
  static sum(of: ReadonlyMap<number, number>): number {
    return sum(of);
  }
}

/** What a {@linkcode LoadConnection} works with. */
export interface LoadConnectionOptions {
  readonly tally: ConnectionTally;
  readonly now: () => number;
  /** It was closed before the server had taken the client in. */
  readonly onRefused: (code: number) => void;
}

/** One client's socket: hands on what comes, and counts how it fares. */
export class LoadConnection implements LoadLink {
  readonly client: LoadClient;
  readonly #socket: LoadSocket;
  readonly #options: LoadConnectionOptions;
  /** Whether the socket has opened. */
  hasOpened = false;
  /** Whether it is over. */
  isClosed = false;
  #isReady = false;
  #isLeaving = false;

  constructor(client: LoadClient, socket: LoadSocket, options: LoadConnectionOptions) {
    const { now } = options;
    this.client = client;
    this.#socket = socket;
    this.#options = options;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.hasOpened = true;
      client.onOpen(this, now());
    };
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
    this.#options.tally.opened++;
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
    this.#isLeaving = true;
    const { tally: { lost }, onRefused } = this.#options;
    if (this.#isReady) lost.set(code, (lost.get(code) ?? 0) + 1);
    else onRefused(code);
  }
}

function sum(counts: ReadonlyMap<number, number>): number {
  return counts.values().reduce((total, count) => total + count, 0);
}
