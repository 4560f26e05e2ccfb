import { inflateSync } from "node:zlib";
import { type DecodedFrame, decodeFrame } from "../../src/protocol/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";
import { waitFor } from "../support/wait_for.ts";
import { viewportFields, WHOLE_WORLD } from "./running_server.ts";

/** A message as it came. */
export interface ServerMessage {
  readonly type: string;
  readonly message?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A test's own client on the render socket: keeps all that comes. */
export class SocketClient implements AsyncDisposable {
  readonly messages: ServerMessage[] = [];
  readonly frames: DecodedFrame[] = [];
  /** Kinds of what came, in order. */
  readonly order: ("text" | "frame")[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;
  #onFrame: ((frame: DecodedFrame) => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.order.push(typeof data === "string" ? "text" : "frame");
      if (typeof data === "string") this.messages.push(JSON.parse(data));
      else {
        this.frames.push(
          decodeFrame(new Uint8Array(data), (deflated) => new Uint8Array(inflateSync(deflated))),
        );
        this.#onFrame?.(this.frames.at(-1)!);
      }
    };
    socket.onclose = ({ code, reason }) => this.closed = { code, reason };
  }

  static async connect(url: string, protocols: string[] = []): Promise<SocketClient> {
    const client = new SocketClient(new WebSocket(url, protocols));
    await waitFor(() => client.#socket.readyState !== WebSocket.CONNECTING, { what: "the socket to open" });
    return client;
  }

  /** Sends any text or bytes. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** Sends REGISTER_CLIENT and waits for REGISTERED. */
  async register(view: Viewport = WHOLE_WORLD, fields: Record<string, unknown> = {}): Promise<ServerMessage> {
    const before = this.messages.length;
    this.send(
      JSON.stringify({
        type: "REGISTER_CLIENT",
        clientId: "test",
        viewport: viewportFields(view),
        ...fields,
      }),
    );
    return await this.#answerAfter(before, "an answer to REGISTER_CLIENT");
  }

  /** Sends UPDATE_VIEWPORT. */
  move(view: Viewport): void {
    this.send(JSON.stringify({ type: "UPDATE_VIEWPORT", clientId: "test", viewport: viewportFields(view) }));
  }

  /** The next frame that comes from now on, decoded, without polling. */
  nextFrame(): Promise<DecodedFrame> {
    return new Promise((resolve) => this.#onFrame = resolve);
  }

  /** Waits for the answer to what was sent last. */
  async answer(send: () => void): Promise<ServerMessage> {
    const before = this.messages.length;
    send();
    return await this.#answerAfter(before, "an answer");
  }

  /** The first message that answers something: HEARTBEAT comes of itself, when time is up or memory has grown. */
  #answerAfter(before: number, what: string): Promise<ServerMessage> {
    const find = () => this.messages.slice(before).find(({ type }) => type !== "HEARTBEAT");
    return waitFor(find, { what, intervalMs: 0 });
  }

  /** The newest frame of each region that is not empty, by Morton code. */
  get shown(): Map<number, DecodedFrame> {
    const shown = new Map<number, DecodedFrame>();
    for (const frame of this.frames) {
      if (frame.header.payloadBytes === 0) shown.delete(frame.header.morton);
      else shown.set(frame.header.morton, frame);
    }
    return shown;
  }

  /** Lets go of frames that newer ones have replaced, for runs that are long. */
  forgetReplaced(): void {
    const newest = new Map(this.frames.map((frame) => [frame.header.morton, frame]));
    this.frames.splice(0, this.frames.length, ...newest.values());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close();
    await waitFor(() => this.closed, { what: "the socket to close" });
  }
}
