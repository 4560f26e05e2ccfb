/** Large messages, small frames, chopped writes: section 9 of Autobahn's suite; and the server's own bound on messages. */
import { assert, assertEquals } from "@std/assert";
import { CLOSE_CODES } from "../../src/protocol/mod.ts";
import { testWith } from "../support/needs.ts";
import { suiteOrProof } from "../support/runs.ts";
import { encodeFrame, fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { GONE, RawSocket } from "./raw_socket.ts";
import {
  assertAlive,
  closeCode,
  pingText,
  portOf,
  WIDE_LIMITS,
  type WireCase,
  wireTest,
} from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

const { TEXT, BINARY } = OPCODE;
const KIB = 1024;
const MIB = KIB * KIB;
const answered = [{ reply: "a" }] as const;
const unsupported = [{ error: "UNSUPPORTED_BINARY" }] as const;
const encoder = new TextEncoder();

const text = (bytes: number): FrameFields => ({ opcode: TEXT, payload: pingText("a", bytes) });
const binary = (bytes: number): FrameFields => ({
  opcode: BINARY,
  payload: new Uint8Array(bytes).fill(0xfe),
});

function cut({ opcode, payload }: FrameFields, bytes: number): FrameFields[] {
  const data = typeof payload === "string" ? encoder.encode(payload) : payload!;
  const count = Math.ceil(data.length / bytes);
  return fragments(
    opcode,
    Array.from({ length: count }, (_, i) => data.subarray(i * bytes, (i + 1) * bytes)),
  );
}

const LARGE = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];
const PARTS = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
const PIECES = [64, 128, 256, 512, KIB, 2 * KIB];
/** The sizes of Autobahn's suite when proving: what breaks at 4 MiB in small parts does so at a quarter. */
const CUT_BYTES = suiteOrProof(MIB, 4 * MIB);
const CHOPPED_BYTES = suiteOrProof(256 * KIB, MIB);
const MESSAGES = suiteOrProof(200, 1000);

wireTest("RFC 6455, sizes: messages as large as the server takes them arrive whole", [
  ...LARGE.map((bytes, i): WireCase => ({
    name: `a text of ${bytes} bytes`,
    autobahn: `9.1.${i + 1}`,
    write: [text(bytes)],
    expect: answered,
  })),
  ...LARGE.map((bytes, i): WireCase => ({
    name: `a binary message of ${bytes} bytes`,
    autobahn: `9.2.${i + 1}`,
    write: [binary(bytes)],
    expect: unsupported,
  })),
]);

wireTest("RFC 6455, sizes: a large message in fragments of any size", [
  ...PARTS.map((bytes, i): WireCase => ({
    name: `a text in fragments of ${bytes} bytes`,
    autobahn: `9.3.${i + 1}`,
    write: cut(text(CUT_BYTES), bytes),
    expect: answered,
  })),
  ...PARTS.map((bytes, i): WireCase => ({
    name: `a binary message in fragments of ${bytes} bytes`,
    autobahn: `9.4.${i + 1}`,
    write: cut(binary(CUT_BYTES), bytes),
    expect: unsupported,
  })),
]);

wireTest("RFC 6455, sizes: a large message in writes of any size", [
  ...PIECES.map((bytes, i): WireCase => ({
    name: `a text in writes of ${bytes} bytes`,
    autobahn: `9.5.${i + 1}`,
    write: [text(CHOPPED_BYTES)],
    pieceBytes: bytes,
    expect: answered,
  })),
  ...PIECES.map((bytes, i): WireCase => ({
    name: `a binary message in writes of ${bytes} bytes`,
    autobahn: `9.6.${i + 1}`,
    write: [binary(CHOPPED_BYTES)],
    pieceBytes: bytes,
    expect: unsupported,
  })),
]);

testWith(
  serverNeeds,
  "RFC 6455, sizes: many messages of each size, each answered in order",
  async (context) => {
    await using server = await RunningServer.start(WIDE_LIMITS);
    for (const [i, bytes] of [0, 16, 64, 256, KIB, 4 * KIB, 16 * KIB].entries()) {
      await context.step(`${bytes} bytes and what JSON needs (Autobahn 9.7.${Math.max(1, i)})`, async () => {
        using socket = await RawSocket.connect(portOf(server));
        const writing = (async () => {
          for (let n = 0; n < MESSAGES; n++) {
            await socket.send({ opcode: TEXT, payload: pingText(String(n), bytes) });
          }
        })();
        for (let n = 0; n < MESSAGES; n++) {
          const frame = await socket.readFrame();
          assert(frame !== GONE);
          assertEquals(JSON.parse(new TextDecoder().decode(frame.payload)).data.ping_id, String(n));
        }
        await writing;
      });
    }
  },
);

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
    await using server = await RunningServer.start();
    using greedy = await RawSocket.connect(portOf(server));
    await greedy.send({ opcode: BINARY, claimedBytes: 64 * MIB });
    assertEquals(await greedy.readFrame(), GONE);
    const before = Deno.memoryUsage().rss;
    const claims: RawSocket[] = [];
    for (let i = 0; i < 20; i++) {
      claims.push(await RawSocket.connect(portOf(server)));
      await claims[i]!.send({ opcode: BINARY, claimedBytes: 64 * MIB - 1, payload: "x" });
    }
    using other = await RawSocket.connect(portOf(server));
    await assertAlive(other);
    const grown = Deno.memoryUsage().rss - before;
    for (const claim of claims) claim[Symbol.dispose]();
    assert(grown < 20 * 8 * MIB, `20 claims of 64 MiB took ${grown} bytes`);
  },
);
