import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CLOSE_CODES } from "../../src/protocol/mod.ts";
import { suiteOrProof } from "../support/runs.ts";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { type WireMessage, wireMessage } from "./fuzz_messages.ts";
import { closePayload, OPCODE } from "./raw_frame.ts";
import { GONE, RawSocket } from "./raw_socket.ts";
import { closeCode, pingText, portOf, WIDE_LIMITS } from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

/** Messages in one burst, one after the other over one connection. */
const BURST = 20;
/** Connections that throw at the same time: the time goes into waiting for answers. */
const THROWERS = suiteOrProof(2, 10);
/** With three paths, more than 100,000 messages at full count. */
const RUNS = suiteOrProof(4, 170);
const decoder = new TextDecoder();
/** Types of messages that are taken without an answer, as they are compared: in capitals, letters alone. */
const SILENT: readonly unknown[] = ["UPDATEVIEWPORT", "PONG", "ACK", "REGISTERCLIENT"];

/**
 * Throws messages and reads what comes back between two of its own pings. Over a raw socket: the runtime's own client does
 * not always tell with which code it was closed while it was sending.
 */
class Thrower {
  readonly #socket: RawSocket;
  #marked = 0;
  /** The code of the close frame; {@linkcode GONE} if there was none. */
  closed: number | typeof GONE | undefined;

  private constructor(socket: RawSocket) {
    this.#socket = socket;
  }

  static async connect(port: number, path: string): Promise<Thrower> {
    const socket = await RawSocket.connect(port, { path });
    assertEquals(socket.response.status, 101, "the upgrade was refused");
    return new Thrower(socket);
  }

  /**
   * Sends a message, and reads until the server is done with it. Answers what it said, as types or `binary`. Rejects if
   * it says nothing for half a minute.
   */
  async throw(message: WireMessage): Promise<string[]> {
    const mark = `mark ${this.#marked++}`;
    const opcode = typeof message === "string" ? OPCODE.TEXT : OPCODE.BINARY;
    await this.#socket.send({ opcode, payload: message }, { opcode: OPCODE.TEXT, payload: pingText(mark) });
    const answers: string[] = [];
    while (true) {
      const frame = await this.#socket.readFrame();
      if (frame === GONE || frame.opcode === OPCODE.CLOSE) {
        this.closed = frame === GONE ? GONE : closeCode(frame);
        this.#socket[Symbol.dispose]();
        return answers;
      }
      if (frame.opcode === OPCODE.PING) {
        await this.#socket.send({ opcode: OPCODE.PONG, payload: frame.payload });
      } else if (frame.opcode === OPCODE.BINARY) answers.push("binary");
      else {
        const text = decoder.decode(frame.payload);
        const { type, data } = text === "pong" ? { type: text } : JSON.parse(text);
        if (type === "PONG" && data.ping_id === mark) return answers;
        answers.push(type === "ERROR" ? `ERROR ${data.code}` : type);
      }
    }
  }

  async close(): Promise<void> {
    await this.#socket.send({ opcode: OPCODE.CLOSE, payload: closePayload(1000) });
    assertEquals((await this.#socket.readToEnd()).at(-1)?.opcode, OPCODE.CLOSE);
    this.#socket[Symbol.dispose]();
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
        // The messages are made in the server's own process, which stands still meanwhile.
        "limits.maxLoopLagMs": 10_000,
      });
      await using other = await SocketClient.connect(server.socketUrl);
      await other.register();
      const before = { ...server.app.status().clients };
      const connect = () => Thrower.connect(portOf(server), `/ws/${path}`);
      const throwers: Thrower[] = [];
      for (let i = 0; i < THROWERS; i++) throwers.push(await connect());
      const tally = { sent: 0, errors: 0, others: 0, closes: 0, expelled: 0 };

      /** Throws one message by the given thrower, which is another one once it was closed. */
      const throwOne = async (place: number, message: WireMessage): Promise<void> => {
        const thrower = throwers[place]!;
        tally.sent += 2;
        const answers = await thrower.throw(message);
        const failures = answers.filter((type) => /^ERROR|_FAILED$/.test(type));
        tally.errors += answers.filter((type) => type.startsWith("ERROR")).length;
        tally.others += failures.length + answers.filter((type) => type === "binary").length;
        assert(!failures.includes("ERROR INTERNAL"), `the server failed at ${shown(message)}`);
        if (thrower.closed !== undefined) {
          const code = thrower.closed;
          const known = Object.values(CLOSE_CODES).some((close) => close.code === code);
          assert(known, `closed with ${code} at ${shown(message)}`);
          tally.closes++;
          if (code === CLOSE_CODES.MEMORY.code) tally.expelled++;
          throwers[place] = await connect();
        } else if (typeof message === "string" && !isSilent(message)) {
          assert(answers.length > 0, `no answer to ${shown(message)}`);
        }
      };
      const burst = fc.array(wireMessage, { minLength: BURST, maxLength: BURST });
      const bursts = fc.array(burst, { minLength: THROWERS, maxLength: THROWERS });
      await fc.assert(
        fc.asyncProperty(bursts, async (messages) => {
          await Promise.all(messages.map(async (own, place) => {
            for (const message of own) await throwOne(place, message);
          }));
          assertEquals((await other.answer(() => other.send('{"type":"PING"}'))).type, "PONG");
        }),
        { numRuns: RUNS, endOnFailure: true },
      );

      for (const thrower of throwers) await thrower.close();
      const { clients } = server.app.status();
      const { sent, errors, others, closes, expelled } = tally;
      // A ping behind a message that closed the connection is not read any more. Of those whom the guard over memory has
      // closed, as it sees what the messages take in this process, too, the message before the ping may have come too late.
      const counted = clients.messagesIn - before.messagesIn - RUNS;
      assert(
        counted <= sent && counted >= sent - closes - expelled,
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

/** Whether a text may go without an answer. One that is no JSON may not. */
function isSilent(text: string): boolean {
  try {
    const type: unknown = JSON.parse(text)?.type;
    return typeof type === "string" && SILENT.includes(type.toUpperCase().replaceAll(/[^A-Z]/g, ""));
  } catch {
    return false;
  }
}

function shown(message: WireMessage): string {
  return typeof message === "string" ? JSON.stringify(message) : `bytes ${message.toHex()}`;
}
