import { BUNDLE_HEADER_BYTES, FRAME_HEADER_BYTES, MAGICS } from "../../src/protocol/mod.ts";
import { upgradeRequest } from "../integration/raw_socket.ts";

const FIRST_BUFFER_BYTES = 16 * 1024;
const HEAD_END = "\r\n\r\n";
const latin1 = new TextDecoder("latin1");

/** Told of each region frame that came. */
export type OnFrame = (morton: number, version: number) => void;

/** A client that only looks at the headers of what comes: cheap enough for a thousand in one process beside the server. */
export class CrowdClient {
  /** Number of the closing handshake's code; 0 while open, 1006 if the socket ended without one. */
  closeCode = 0;
  /** Text messages that came. */
  texts = 0;
  /** Bytes of all that came. */
  bytes = 0;
  readonly #connection: Deno.TcpConn;
  readonly #onFrame: OnFrame;
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #view = new DataView(this.#buffer.buffer);
  #end = 0;

  private constructor(connection: Deno.TcpConn, onFrame: OnFrame) {
    this.#connection = connection;
    this.#onFrame = onFrame;
    connection.setNoDelay(true);
  }

  /** Connects and goes on reading until the socket ends. */
  static async connect(port: number, onFrame: OnFrame): Promise<CrowdClient> {
    const client = new CrowdClient(await Deno.connect({ hostname: "127.0.0.1", port }), onFrame);
    await client.write(upgradeRequest(port));
    await client.#readHead();
    void client.#readAll();
    return client;
  }

  /** Writes bytes; those of one that is gone go nowhere. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let from = 0; from < bytes.length;) from += await this.#connection.write(bytes.subarray(from));
    } catch {
      this.closeCode ||= 1006;
    }
  }

  /** Hangs up without a word. */
  hangUp(): void {
    try {
      this.#connection.close();
    } catch {
      // The other end was faster.
    }
  }

  async #readHead(): Promise<void> {
    while (true) {
      if (!await this.#readMore()) throw new Error("The socket was closed instead of a handshake");
      const text = latin1.decode(this.#buffer.subarray(0, this.#end));
      const end = text.indexOf(HEAD_END);
      if (end < 0) continue;
      if (!text.startsWith("HTTP/1.1 101")) throw new Error(`The server refused: ${text.split("\r\n")[0]}`);
      this.#drop(end + HEAD_END.length);
      return;
    }
  }

  async #readAll(): Promise<void> {
    do this.#takeMessages(); while (await this.#readMore());
    this.closeCode ||= 1006;
    this.hangUp();
  }

  async #readMore(): Promise<boolean> {
    if (this.#end === this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#buffer.length);
      larger.set(this.#buffer);
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    try {
      const count = await this.#connection.read(this.#buffer.subarray(this.#end));
      if (count === null) return false;
      this.#end += count;
      this.bytes += count;
      return true;
    } catch {
      return false;
    }
  }

  #drop(bytes: number): void {
    this.#buffer.copyWithin(0, bytes, this.#end);
    this.#end -= bytes;
  }

  /** Takes all whole frames of RFC 6455 out of the buffer; a server masks none and fragments none here. */
  #takeMessages(): void {
    let at = 0;
    while (this.#end - at >= 2) {
      const short = this.#buffer[at + 1]! & 0x7f;
      const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#end - at < headBytes) break;
      const size = short === 126
        ? this.#view.getUint16(at + 2)
        : short === 127
        ? Number(this.#view.getBigUint64(at + 2))
        : short;
      if (this.#end - at < headBytes + size) break;
      this.#take(this.#buffer[at]! & 15, at + headBytes, size);
      at += headBytes + size;
    }
    if (at > 0) this.#drop(at);
  }

  #take(opcode: number, at: number, size: number): void {
    if (opcode === 1) this.texts++;
    else if (opcode === 2) this.#takeBulk(at, size);
    else if (opcode === 8) this.closeCode = size >= 2 ? this.#view.getUint16(at) : 1005;
    else if (opcode === 9) void this.write(PONG);
  }

  #takeBulk(at: number, size: number): void {
    const isBundle = this.#view.getUint32(at, true) === MAGICS.bundle;
    const end = at + size;
    for (let frame = isBundle ? at + BUNDLE_HEADER_BYTES : at; frame < end;) {
      if (this.#view.getUint32(frame, true) !== MAGICS.frame) throw new Error("A message is no frame");
      this.#onFrame(this.#view.getUint32(frame + 8, true), this.#view.getUint32(frame + 16, true));
      frame += FRAME_HEADER_BYTES + this.#view.getUint32(frame + 20, true);
    }
  }
}

/** A masked pong without a payload. */
const PONG = Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0);
