import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CLOSE_CODES } from "../../src/protocol/mod.ts";
import { suiteOrProof } from "../support/runs.ts";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { type WireMessage, wireMessage } from "./fuzz_messages.ts";
import { WIDE_LIMITS } from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

/** Messages in one burst. */
const BURST = 20;
/** With three paths, more than 100,000 messages at full count. */
const RUNS = suiteOrProof(8, 1700);
/** Types of messages that are taken without an answer. */
const SILENT = /"type":"(UPDATE.?VIEWPORT|PONG|ACK|REGISTER.?CLIENT)"/i;

/** Throws messages and counts what comes back between two of its own pings. */
class Thrower {
  readonly #socket: WebSocket;
  readonly #marks = new Map<string, () => void>();
  /** Answers since the last mark. */
  #answers: string[] = [];
  #marked = 0;
  closed: { readonly code: number } | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => {
      this.closed = { code };
      for (const tell of this.#marks.values()) tell();
    };
  }

  static async connect(url: string): Promise<Thrower> {
    const socket = new WebSocket(url);
    const thrower = new Thrower(socket);
    await waitFor(() => socket.readyState !== WebSocket.CONNECTING, { what: "the socket to open" });
    return thrower;
  }

  /** Sends a message, and waits until the server is done with it. Answers what it said, as types or `binary`. */
  async throw(message: WireMessage): Promise<string[]> {
    const mark = `mark ${this.#marked++}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#marks.set(mark, resolve);
    this.#answers = [];
    this.#socket.send(message);
    this.#socket.send(JSON.stringify({ type: "PING", data: { ping_id: mark } }));
    await promise;
    this.#marks.delete(mark);
    return this.#answers;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await waitFor(() => this.closed, { what: "the thrower to close" });
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      this.#answers.push("binary");
      return;
    }
    const message = data === "pong" ? { type: "pong" } : JSON.parse(data);
    const tell = this.#marks.get(message.data?.ping_id);
    if (tell !== undefined && message.type === "PONG") return tell();
    this.#answers.push(message.type === "ERROR" ? `ERROR ${message.data.code}` : message.type);
  }
}

for (const path of ["render", "stream_features", "heartbeat"]) {
  testWith(
    serverNeeds,
    `property: whatever is thrown at /ws/${path} is answered and counted, and nobody else notices`,
    async () => {
      await using server = await RunningServer.start({
        ...WIDE_LIMITS,
        "streaming.lodThresholds": [10_000, 20_000, 30_000],
        "limits.connects": 1_000_000,
        "limits.positionsPerSecond": 1_000_000,
      });
      await using other = await SocketClient.connect(server.socketUrl);
      await other.register();
      const before = { ...server.app.status().clients };
      const url = `${server.url.replace("http", "ws")}ws/${path}`;
      let thrower = await Thrower.connect(url);
      let sent = 0;
      let errors = 0;
      let others = 0;
      let closes = 0;

      await fc.assert(
        fc.asyncProperty(fc.array(wireMessage, { minLength: BURST, maxLength: BURST }), async (messages) => {
          for (const message of messages) {
            sent += 2;
            const answers = await thrower.throw(message);
            const failures = answers.filter((type) => /^ERROR|_FAILED$/.test(type));
            errors += answers.filter((type) => type.startsWith("ERROR")).length;
            others += failures.length +
              answers.filter((type) => type === "binary").length;
            assert(!failures.includes("ERROR INTERNAL"), `the server failed at ${shown(message)}`);
            if (thrower.closed !== undefined) {
              const known = Object.values(CLOSE_CODES).some(({ code }) => code === thrower.closed!.code);
              assert(known, `closed with ${thrower.closed.code} at ${shown(message)}`);
              closes++;
              thrower = await Thrower.connect(url);
            } else if (typeof message !== "string" || !SILENT.test(message)) {
              assert(answers.length > 0 || typeof message !== "string", `no answer to ${shown(message)}`);
            }
          }
          assertEquals((await other.answer(() => other.send('{"type":"PING"}'))).type, "PONG");
        }),
        { numRuns: RUNS },
      );

      await thrower.close();
      const { clients } = server.app.status();
      // A ping behind a message that closed the connection is not read any more.
      const counted = clients.messagesIn - before.messagesIn - RUNS;
      assert(
        counted <= sent && counted >= sent - closes,
        `${counted} of ${sent} were counted, ${closes} closes`,
      );
      const malformed = clients.malformedMessages - before.malformedMessages;
      assert(
        malformed >= errors && malformed <= others + closes,
        `${malformed} malformed, ${errors} errors came`,
      );
      assertEquals(other.closed, undefined);
      assert(other.messages.every(({ type }) => ["REGISTERED", "PONG", "HEARTBEAT"].includes(type)));
      server.app.defaultWorld.apply({
        kind: "patch",
        cells: { positions: Uint32Array.of(500, 20, 500), colors: Uint32Array.of(0xff0000ff) },
      });
      await waitFor(() => other.shown.size === 1, { what: "the edit at the other client" });
      await waitFor(() => server.app.status().clients.connected === 1, {
        what: "only the other to be there",
      });
    },
  );
}

function shown(message: WireMessage): string {
  return typeof message === "string" ? JSON.stringify(message) : `bytes ${message.toHex()}`;
}
