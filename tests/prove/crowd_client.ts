import { BUNDLE_HEADER_BYTES, FRAME_HEADER_BYTES, MAGICS, PartJoiner } from "../../src/protocol/mod.ts";
import { encodeFrame, OPCODE } from "../integration/raw_frame.ts";
import { upgradeRequest } from "../integration/raw_socket.ts";

const FIRST_BUFFER_BYTES = 16 * 1024;
const MAX_JOINED_BYTES = 1 << 24;
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
  readonly #joiner = new PartJoiner({ maxTotalBytes: MAX_JOINED_BYTES });
  /** Infinity: the server does not wait for acknowledgements. */
  #ackIntervalMs = Infinity;
  #bulkBytes = 0;
  #ackedBytes = 0;
  #ackedAtMs = -Infinity;
  #isAckDue = false;

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

  /** Writes bytes; those of one that is gone go nowhere: why it is gone, the reading side finds out. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let from = 0; from < bytes.length;) from += await this.#connection.write(bytes.subarray(from));
    } catch {
      // What the server said before may still be unread.
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
    if (opcode === 1) this.#takeText(at, size);
    else if (opcode === 2) this.#takeBulk(at, size);
    else if (opcode === 8) this.closeCode = size >= 2 ? this.#view.getUint16(at) : 1005;
    else if (opcode === 9) void this.write(PONG);
  }

  #takeText(at: number, size: number): void {
    if (this.texts++ > 0) return;
    const { type, data } = JSON.parse(latin1.decode(this.#buffer.subarray(at, at + size)));
    if (type === "REGISTERED" && data.features.includes("flow")) this.#ackIntervalMs = data.ack_interval_ms;
  }

  #takeBulk(at: number, size: number): void {
    this.#bulkBytes += size;
    if (this.#view.getUint32(at, true) === MAGICS.part) {
      const whole = this.#joiner.push(this.#buffer.slice(at, at + size));
      if (whole !== undefined) {
        this.#takeFrames(new DataView(whole.buffer, whole.byteOffset, whole.length), 0, whole.length);
      }
    } else this.#takeFrames(this.#view, at, size);
    if (this.#ackIntervalMs < Infinity) this.#acknowledge();
  }

  #takeFrames(view: DataView, at: number, size: number): void {
    const isBundle = view.getUint32(at, true) === MAGICS.bundle;
    const end = at + size;
    for (let frame = isBundle ? at + BUNDLE_HEADER_BYTES : at; frame < end;) {
      if (view.getUint32(frame, true) !== MAGICS.frame) throw new Error("A message is no frame");
      this.#onFrame(view.getUint32(frame + 8, true), view.getUint32(frame + 16, true));
      frame += FRAME_HEADER_BYTES + view.getUint32(frame + 20, true);
    }
  }

  /** As the client library does: at most once an interval, and always of the last byte. */
  #acknowledge(): void {
    if (this.#isAckDue || this.#bulkBytes === this.#ackedBytes) return;
    const waitMs = this.#ackedAtMs + this.#ackIntervalMs - performance.now();
    if (waitMs > 0) {
      this.#isAckDue = true;
      setTimeout(() => {
        this.#isAckDue = false;
        if (this.closeCode === 0) this.#acknowledge();
      }, waitMs);
      return;
    }
    this.#ackedAtMs = performance.now();
    this.#ackedBytes = this.#bulkBytes;
    const payload = `{"type":"ACK","data":{"received_bytes":${this.#bulkBytes}}}`;
    void this.write(encodeFrame({ opcode: OPCODE.TEXT, payload, maskKey: NO_MASK }));
  }
}

/** A mask of zeros leaves the text as it is. */
const NO_MASK: readonly [number, number, number, number] = [0, 0, 0, 0];
/** A masked pong without a payload. */
const PONG = Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0);
