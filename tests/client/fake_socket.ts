import type { WebSocketLike } from "../../src/client/mod.ts";
import type { JsonFields } from "../../src/protocol/mod.ts";

/** A message of the client as the server's end sees it. */
export interface Received {
  readonly type: string;
  readonly id?: string;
  readonly data: JsonFields;
}

/** A socket whose other end is the test. */
export class FakeSocket implements WebSocketLike {
  binaryType: "arraybuffer" | "blob" = "blob";
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onclose: WebSocketLike["onclose"] = null;
  onerror: WebSocketLike["onerror"] = null;
  readyState = 0;
  readonly url: string;
  readonly protocols: readonly string[];
  /** Texts that the client sent. */
  readonly texts: string[] = [];
  /** Bytes that the client sent, and how many texts it had sent before. */
  readonly binaries: { readonly bytes: Uint8Array; readonly afterTexts: number }[] = [];
  /** The code and reason with which the client closed. */
  closed: readonly [number | undefined, string | undefined] | undefined;

  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  /** JSON messages that the client sent. */
  get received(): Received[] {
    return this.texts.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text));
  }

  /** Types of the messages that the client sent. */
  get types(): string[] {
    return this.received.map(({ type }) => type);
  }

  /** The last message of a type. */
  last(type: string): Received {
    const message = this.received.findLast((message) => message.type === type);
    if (message === undefined) throw new Error(`No ${type} among ${this.types.join(", ")}`);
    return message;
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message === "string") this.texts.push(message);
    else this.binaries.push({ bytes: message.slice(), afterTexts: this.texts.length });
  }

  close(code?: number, reason?: string): void {
    this.readyState = 3;
    this.closed ??= [code, reason];
  }

  /** The server has taken the upgrade. */
  opens(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }

  /** The server says something. */
  says(data: string | ArrayBuffer): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  /** The server answers the last message of a type. */
  answers(to: string, type: string, data: JsonFields = {}): void {
    this.says(JSON.stringify({ type, timestamp: 0, data: { ...data, ref: this.last(to).id } }));
  }

  /** The other end, or the network, has closed. */
  closes(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.(new CloseEvent("close", { code, reason }));
  }
}
