import { decodeFrame, encodeFrame, type FrameFields, type RawFrame } from "./raw_frame.ts";

/** How a {@linkcode RawSocket} shakes hands. */
export interface RawSocketOptions {
  readonly path?: string;
  /** Headers of the request; an empty value leaves out one that is sent by itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The method and version of the request line. */
  readonly method?: string;
  readonly version?: string;
}

/** The answer to the handshake. */
export interface RawResponse {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
}

/** The socket's other end has gone. */
export const GONE = "gone";

const DEADLINE_MS = 30_000;
const READ_BYTES = 65_536;
const HEAD_END = "\r\n\r\n";
const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/**
 * A WebSocket client that is no WebSocket client: after the handshake it writes the bytes that it is told to, in the
 * pieces that it is told to, and reads frames when it is asked. It answers nothing by itself, neither ping nor close.
 */
export class RawSocket implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #received: Uint8Array = new Uint8Array();
  #response: RawResponse | undefined;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    connection.setNoDelay(true);
  }

  /** Shakes hands and reads the answer, whatever it is. */
  static async connect(port: number, options: RawSocketOptions = {}): Promise<RawSocket> {
    const socket = await RawSocket.open(port);
    await socket.write(upgradeRequest(port, options));
    await socket.readResponse();
    return socket;
  }

  /** Connects and says nothing. */
  static async open(port: number): Promise<RawSocket> {
    return new RawSocket(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** The answer to the handshake. */
  get response(): RawResponse {
    if (this.#response === undefined) throw new Error("The handshake has not been answered");
    return this.#response;
  }

  /** Writes all of `bytes`. Rejects when the other end has gone. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) from += await this.#connection.write(bytes.subarray(from));
  }

  /** Writes frames, all in one go. */
  send(...frames: readonly FrameFields[]): Promise<void> {
    return this.write(joined(frames.map(encodeFrame)));
  }

  /** Writes frames in pieces of `pieceBytes` bytes, each on its way before the next one is written. */
  async sendChopped(pieceBytes: number, ...frames: readonly FrameFields[]): Promise<void> {
    const bytes = joined(frames.map(encodeFrame));
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      await this.write(bytes.subarray(from, from + pieceBytes));
    }
  }

  /** What came next, in whatever pieces, in a buffer that the next call uses again; undefined if the other end has gone. */
  async readBytes(): Promise<Uint8Array | undefined> {
    if (this.#received.length > 0) {
      const received = this.#received;
      this.#received = new Uint8Array();
      return received;
    }
    try {
      const count = await this.#connection.read(this.#buffer);
      return count === null ? undefined : this.#buffer.subarray(0, count);
    } catch {
      return undefined;
    }
  }

  /** The next frame, or {@linkcode GONE} if the other end has closed or reset. Rejects at the deadline. */
  async readFrame(deadlineMs: number = DEADLINE_MS): Promise<RawFrame | typeof GONE> {
    while (true) {
      const found = decodeFrame(this.#received);
      if (found !== undefined) {
        this.#received = this.#received.subarray(found.length);
        return found.frame;
      }
      if (!await this.#readMore(deadlineMs)) return GONE;
    }
  }

  /** All frames that come until the other end has gone. */
  async readToEnd(deadlineMs: number = DEADLINE_MS): Promise<RawFrame[]> {
    const frames: RawFrame[] = [];
    while (true) {
      const frame = await this.readFrame(deadlineMs);
      if (frame === GONE) return frames;
      frames.push(frame);
    }
  }

  /** Says that nothing more will be written, and goes on reading. */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** Hangs up without a close frame. */
  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch (error) {
      // A deadline has closed it before.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Reads the answer to a handshake that was written by hand. */
  async readResponse(): Promise<void> {
    while (true) {
      const text = latin1.decode(this.#received);
      const end = text.indexOf(HEAD_END);
      if (end >= 0) {
        this.#received = this.#received.subarray(end + HEAD_END.length);
        this.#response = parseResponse(text.slice(0, end));
        return;
      }
      if (!await this.#readMore(DEADLINE_MS)) throw new Error("The socket was closed instead of a handshake");
    }
  }

  /** False when the other end has gone. */
  async #readMore(deadlineMs: number): Promise<boolean> {
    const buffer = this.#buffer;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#connection.close();
    }, deadlineMs);
    try {
      const count = await this.#connection.read(buffer);
      if (count === null) return false;
      this.#received = joined([this.#received, buffer.subarray(0, count)]);
      return true;
    } catch (error) {
      if (late) throw new Error(`Nothing came within ${deadlineMs} ms`);
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The bytes of a handshake's request. */
export function upgradeRequest(port: number, options: RawSocketOptions = {}): Uint8Array<ArrayBuffer> {
  const { path = "/ws/render", method = "GET", version = "HTTP/1.1" } = options;
  const headers = {
    Host: `127.0.0.1:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": btoa("0123456789abcdef"),
    "Sec-WebSocket-Version": "13",
    ...options.headers,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== "").map(([name, value]) =>
    `${name}: ${value}`
  );
  return encoder.encode([`${method} ${path} ${version}`, ...lines].join("\r\n") + HEAD_END);
}

function parseResponse(head: string): RawResponse {
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { status: Number(first.split(" ")[1]), headers };
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
