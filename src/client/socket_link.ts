import { isGzipMessage, openGzipMessage } from "./gzip_inbound.ts";
import { isSocketOpen, type WebSocketLike } from "./web_socket.ts";

/** Whom a link tells, in the order in which things came, whatever had to be inflated in between. */
export interface LinkEvents {
  readonly onOpen: () => void;
  readonly onText: (text: string) => void;
  readonly onBinary: (bytes: ArrayBuffer) => void;
  /** A compressed message that cannot be inflated. */
  readonly onMalformed: (error: Error) => void;
  /** Once, whether the socket ever opened or not. */
  readonly onClose: (code: number, reason: string) => void;
}

/** One socket, from the attempt to open it to its end. */
export class SocketLink {
  /** Largest message that may come out of a compressed one. */
  readonly #maxInflatedBytes: number;
  readonly #socket: WebSocketLike;
  #events: LinkEvents | undefined;
  /** What is being inflated, and all that came after it; undefined while nothing is. */
  #queue: Promise<void> | undefined;

  constructor(socket: WebSocketLike, maxInflatedBytes: number, events: LinkEvents) {
    this.#socket = socket;
    this.#maxInflatedBytes = maxInflatedBytes;
    this.#events = events;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#events?.onOpen();
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#inTurn(() => this.#events?.onClose(code, reason));
    // A close follows every error, and says all that may be known about it.
    socket.onerror = () => {};
  }

  /** Sends a text, or bytes; does nothing on a socket that is not open. */
  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (isSocketOpen(this.#socket)) this.#socket.send(message);
  }

  /** Closes, and tells nothing any more. */
  close(code: number, reason: string): void {
    this.#events = undefined;
    this.#socket.close(code, reason);
  }

  #receive(data: unknown): void {
    if (typeof data === "string") this.#inTurn(() => this.#events?.onText(data));
    else if (!(data instanceof ArrayBuffer)) {
      this.#events?.onMalformed(new TypeError("A binary message is no buffer"));
    } else if (isGzipMessage(data)) this.#inTurn(() => this.#inflate(data));
    else this.#inTurn(() => this.#events?.onBinary(data));
  }

  async #inflate(data: ArrayBuffer): Promise<void> {
    try {
      const message = await openGzipMessage(data, this.#maxInflatedBytes);
      if (typeof message === "string") this.#events?.onText(message);
      else this.#events?.onBinary(message);
    } catch (error) {
      this.#events?.onMalformed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** At once if nothing waits, else behind what does. */
  #inTurn(step: () => void | Promise<void>): void {
    const running = this.#queue === undefined ? step() : this.#queue.then(step);
    if (running === undefined) return;
    const queue: Promise<void> = running.finally(() => {
      if (this.#queue === queue) this.#queue = undefined;
    });
    this.#queue = queue;
  }
}
