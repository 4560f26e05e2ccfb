import { type CloseCode, closeReason } from "../protocol/mod.ts";

/** What a connection needs of a socket; `Deno.upgradeWebSocket`'s WebSocket fits it. */
export interface Transport {
  readonly readyState: number;
  /** Bytes handed to `send` that have not left the process yet. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
}

/** Traffic of one connection since it was accepted. */
export interface ConnectionCounters {
  messagesIn: number;
  malformedMessages: number;
  framesSent: number;
  bytesSent: number;
}

const OPEN = 1;
const encoder = new TextEncoder();

/** One accepted client socket: what is sent to it is counted, and closing is idempotent. */
export class Connection {
  readonly id: string;
  readonly remoteAddress: string;
  readonly acceptedAtMs: number;
  readonly counters: ConnectionCounters = {
    messagesIn: 0,
    malformedMessages: 0,
    framesSent: 0,
    bytesSent: 0,
  };
  readonly #transport: Transport;
  /** Sizes of the frames that may not have left yet, oldest first. */
  readonly #unsent: number[] = [];
  #unsentBytes = 0;
  #closed = false;

  constructor(options: { id: string; remoteAddress: string; acceptedAtMs: number; transport: Transport }) {
    this.id = options.id;
    this.remoteAddress = options.remoteAddress;
    this.acceptedAtMs = options.acceptedAtMs;
    this.#transport = options.transport;
  }

  /** Whether messages can still be sent. */
  get isOpen(): boolean {
    return !this.#closed && this.#transport.readyState === OPEN;
  }

  /** Bytes that wait in the process for this client. */
  get bufferedBytes(): number {
    return this.#transport.bufferedAmount;
  }

  /** Frames handed over that have not left the process completely. Amortised O(1). */
  get pendingFrames(): number {
    const buffered = this.#transport.bufferedAmount;
    while (this.#unsent.length > 0 && this.#unsentBytes - this.#unsent[0]! >= buffered) {
      this.#unsentBytes -= this.#unsent.shift()!;
    }
    return this.#unsent.length;
  }

  /** Sends a text message; a closed connection drops it. */
  sendText(text: string): void {
    if (!this.isOpen) return;
    this.#transport.send(text);
    this.counters.bytesSent += encoder.encode(text).length;
  }

  /** Sends a region frame; returns false if the connection is closed or the socket refuses. */
  sendFrame(frame: Uint8Array): boolean {
    if (!this.isOpen) return false;
    try {
      this.#transport.send(frame as Uint8Array<ArrayBuffer>);
    } catch {
      return false;
    }
    this.#unsent.push(frame.length);
    this.#unsentBytes += frame.length;
    this.counters.framesSent++;
    this.counters.bytesSent += frame.length;
    return true;
  }

  /** Closes with a code of the protocol's table and its reason; the second and later calls do nothing. */
  close(code: CloseCode): void {
    this.#closed = true;
    if (this.#transport.readyState <= OPEN) this.#transport.close(code, closeReason(code));
  }

  /** Marks the connection as closed by the other side. */
  closedByPeer(): void {
    this.#closed = true;
  }
}
