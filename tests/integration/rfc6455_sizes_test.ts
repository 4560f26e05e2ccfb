/** Large messages, small frames, chopped writes: section 9 of Autobahn's suite; and the server's own bound on messages. */
import { assert, assertEquals } from "@std/assert";
import { CLOSE_CODES } from "../../src/protocol/mod.ts";
import { testWith } from "../support/needs.ts";
import { suiteOrProof } from "../support/runs.ts";
import { MeasuredServer } from "../prove/measured_server.ts";
import { encodeFrame, type FrameFields, OPCODE } from "./raw_frame.ts";
import { GONE, RawSocket } from "./raw_socket.ts";
import { assertAlive, closeCode, pingText, portOf, WIDE_LIMITS, wireTest } from "./rfc6455_case.ts";
import {
  binary,
  cut,
  KIB,
  LARGE_IN_FRAGMENTS,
  LARGE_IN_PIECES,
  LARGE_MESSAGES,
  MIB,
  VOLLEYS,
} from "./rfc6455_sizes_cases.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

const { TEXT, BINARY } = OPCODE;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The count of Autobahn's suite when proving. */
const MESSAGES = suiteOrProof(100, 1000);

wireTest(
  "RFC 6455, sizes: messages as large as the server takes them arrive whole",
  LARGE_MESSAGES,
);

wireTest(
  "RFC 6455, sizes: a large message in fragments of any size",
  LARGE_IN_FRAGMENTS,
);

wireTest(
  "RFC 6455, sizes: a large message in writes of any size",
  LARGE_IN_PIECES,
);

testWith(
  serverNeeds,
  "RFC 6455, sizes: many messages of each size, each answered in order",
  async (context) => {
    await using server = await RunningServer.start({ ...WIDE_LIMITS, "limits.maxMalformedInRow": 1_000_000 });
    for (const { bytes, isText, autobahn } of VOLLEYS) {
      const kind = isText ? "texts, or what JSON needs" : "binary messages, a text behind each";
      const number = autobahn === undefined ? "" : ` (Autobahn ${autobahn})`;
      await context.step(`${MESSAGES} of ${bytes} bytes: ${kind}${number}`, async () => {
        using socket = await RawSocket.connect(portOf(server));
        const writing = (async () => {
          for (let n = 0; n < MESSAGES; n++) {
            if (isText) await socket.send({ opcode: TEXT, payload: pingText(String(n), bytes) });
            else await socket.send(binary(bytes), { opcode: TEXT, payload: pingText(String(n)) });
          }
        })();
        for (let n = 0; n < MESSAGES; n++) {
          if (!isText) assertEquals((await nextMessage(socket)).data.code, "UNSUPPORTED_BINARY");
          assertEquals((await nextMessage(socket)).data.ping_id, String(n));
        }
        await writing;
      });
    }
  },
);

async function nextMessage(socket: RawSocket): Promise<{ data: Record<string, unknown> }> {
  const frame = await socket.readFrame();
  assert(frame !== GONE, "the connection ended");
  return JSON.parse(decoder.decode(frame.payload));
}

const BOUND = 64 * KIB;

testWith(
  serverNeeds,
  "a message of the bound is answered, one byte more closes with 4002 in every form",
  async (context) => {
    await using server = await RunningServer.start();
    const { code, reason } = CLOSE_CODES.MESSAGE_TOO_LARGE;
    /** Characters of two and of three bytes: the bound counts bytes, not characters. */
    const wide = (bytes: number, character: string): string => {
      const size = encoder.encode(character).length;
      const json = (fill: string) => JSON.stringify({ type: "PING", data: { ping_id: "still there" }, fill });
      const free = bytes - encoder.encode(json("")).length;
      return json(character.repeat(Math.floor(free / size)) + "x".repeat(free % size));
    };
    const forms: Readonly<Record<string, (bytes: number) => FrameFields[]>> = {
      "a text": (bytes) => [{ opcode: TEXT, payload: pingText("still there", bytes) }],
      "a text of two bytes a character": (bytes) => [{ opcode: TEXT, payload: wide(bytes, "é") }],
      "a text of three bytes a character": (bytes) => [{ opcode: TEXT, payload: wide(bytes, "€") }],
      "a text of four bytes a character": (bytes) => [{ opcode: TEXT, payload: wide(bytes, "😀") }],
      "a text in fragments": (bytes) => cut({ opcode: TEXT, payload: pingText("still there", bytes) }, 1000),
    };
    for (const [name, form] of Object.entries(forms)) {
      await context.step(name, async () => {
        using socket = await RawSocket.connect(portOf(server));
        assertEquals(
          form(BOUND).reduce(
            (sum, { payload }) =>
              sum + encodeFrame({ opcode: 0, payload: payload!, masked: false, lengthBytes: 9 }).length - 10,
            0,
          ),
          BOUND,
        );
        await socket.send(...form(BOUND));
        const reply = await socket.readFrame();
        assert(reply !== GONE);
        assertEquals(JSON.parse(new TextDecoder().decode(reply.payload)).data.ping_id, "still there");
        await socket.send(...form(BOUND + 1));
        await assertTooLarge(socket);
      });
    }
    await context.step("a binary message", async () => {
      using socket = await RawSocket.connect(portOf(server));
      await socket.send(binary(BOUND + 1));
      await assertTooLarge(socket);
    });
    using other = await RawSocket.connect(portOf(server));
    await assertAlive(other);

    async function assertTooLarge(socket: RawSocket): Promise<void> {
      for (let frame = await socket.readFrame();; frame = await socket.readFrame()) {
        assert(frame !== GONE, "the connection ended without a close frame");
        if (frame.opcode === TEXT) continue;
        assertEquals([frame.opcode, closeCode(frame)], [OPCODE.CLOSE, code]);
        assertEquals(new TextDecoder().decode(frame.payload.subarray(2)), reason);
        return;
      }
    }
  },
);

testWith(
  serverNeeds,
  "a frame that claims 64 MiB is refused at its header, one that claims less is not believed",
  async () => {
    // In a process of its own: tests that run beside this one grow, too.
    await using server = await MeasuredServer.start("product");
    using greedy = await RawSocket.connect(server.port);
    await greedy.send({ opcode: BINARY, claimedBytes: 64 * MIB });
    assertEquals(await greedy.readFrame(), GONE);
    const before = (await server.measure()).rssBytes;
    const claims: RawSocket[] = [];
    for (let i = 0; i < 20; i++) {
      claims.push(await RawSocket.connect(server.port));
      await claims[i]!.send({ opcode: BINARY, claimedBytes: 64 * MIB - 1, payload: "x" });
    }
    using other = await RawSocket.connect(server.port);
    await assertAlive(other);
    const grown = (await server.measure()).rssBytes - before;
    for (const claim of claims) claim[Symbol.dispose]();
    assert(grown < 160 * MIB, `20 claims of 64 MiB took ${grown} bytes`);
  },
);
