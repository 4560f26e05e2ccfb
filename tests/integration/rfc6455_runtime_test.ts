/**
 * Where the runtime itself breaks RFC 6455, and nothing above it can see or mend it. Each row is tested as it is today, so
 * that a runtime that mends it is noticed: then the row goes, and a case of the other files takes its place.
 */
import { assert, assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { closePayload, encodeFrame, fragments, type FrameFields, OPCODE } from "./raw_frame.ts";
import { GONE, RawSocket, type RawSocketOptions } from "./raw_socket.ts";
import { assertAlive, pingText, portOf, runCase, WIDE_LIMITS, type WireCase } from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

const { TEXT, CONTINUATION, BINARY, PING, PONG, CLOSE } = OPCODE;
const text: FrameFields = { opcode: TEXT, payload: pingText("a") };
const answered = [{ reply: "a" }] as const;

interface RuntimeFault extends WireCase {
  /** What the RFC says, and where. */
  readonly rule: string;
  /** Where it is or was spoken of; "none found" if nowhere. */
  readonly issue: string;
}

const FAULTS: readonly RuntimeFault[] = [
  {
    name: "the runtime still takes frames without a mask",
    rule: "5.1: a server must close the connection",
    issue: "none found",
    write: [{ ...text, masked: false }, { opcode: PING, masked: false }],
    expect: [...answered, { pong: "" }],
  },
  {
    name: "the runtime still takes lengths in more bytes than needed",
    rule: "5.2: the minimal number of bytes must be used",
    issue: "none found",
    write: [{ ...text, lengthBytes: 9 }, { opcode: PING, lengthBytes: 3 }],
    expect: [...answered, { pong: "" }],
  },
  {
    name: "the runtime still takes pongs of more than 125 bytes",
    rule: "5.5: control frames must have at most 125 bytes",
    issue: "none found",
    write: [{ opcode: PONG, payload: "x".repeat(126) }],
    expect: [],
  },
  {
    name: "the runtime still takes, and answers, closes of more than 125 bytes",
    rule: "5.5: control frames must have at most 125 bytes",
    issue: "none found",
    autobahn: "7.3.6",
    write: [{ opcode: CLOSE, payload: closePayload(1000, "x".repeat(124)) }],
    expect: { closed: 1000 },
  },
  {
    name: "the runtime still lets an unfinished message be replaced by another unfinished one",
    rule: "5.4: fragments of messages must not be interleaved",
    issue: "none found",
    write: [{ opcode: BINARY, payload: "lost", fin: false }, ...fragments(TEXT, [pingText("a"), " "])],
    expect: answered,
  },
  {
    name: "the runtime still cuts off half a character at the end of a fragmented text",
    rule: "8.1: text that is no UTF-8 must fail the connection",
    issue: "none found",
    write: fragments(TEXT, [pingText("a"), Uint8Array.of(0xe2, 0x82)]),
    expect: answered,
  },
  {
    name: "the runtime still refuses the registered close code 1014",
    rule: "7.4.2: codes that are registered may be sent",
    issue: "none found",
    write: [{ opcode: CLOSE, payload: closePayload(1014) }],
    expect: { closed: 1002 },
  },
];

const HANDSHAKES: readonly (RawSocketOptions & { readonly name: string })[] = [
  { name: "the runtime still upgrades HTTP/1.0", version: "HTTP/1.0" },
];

testWith(serverNeeds, "RFC 6455: what the runtime does not keep", async (context) => {
  await using server = await RunningServer.start(WIDE_LIMITS);
  for (const fault of FAULTS) {
    await context.step(`${fault.name} (${fault.rule}; issue: ${fault.issue})`, async () => {
      using socket = await RawSocket.connect(portOf(server));
      await runCase(socket, fault);
    });
  }
  for (const { name, ...options } of HANDSHAKES) {
    await context.step(`${name} (4.2.1; issue: none found)`, async () => {
      using socket = await RawSocket.connect(portOf(server), options);
      assertEquals(socket.response.status, 101);
      await assertAlive(socket);
    });
  }
  await context.step(
    "the runtime still says nothing of why it fails a connection (7.1.7: a close frame should be sent)",
    async () => {
      using socket = await RawSocket.connect(portOf(server));
      await socket.send({ opcode: TEXT, payload: Uint8Array.of(0xff) });
      assertEquals(await socket.readFrame(), GONE);
    },
  );
});

testWith(
  serverNeeds,
  "the runtime still collects fragments without a bound (denoland/deno#15809, denoland/fastwebsockets#100)",
  async () => {
    await using server = await RunningServer.start(WIDE_LIMITS);
    using socket = await RawSocket.connect(portOf(server));
    const part = new Uint8Array(2 ** 20);
    await socket.send({ opcode: BINARY, payload: part, fin: false });
    const more = encodeFrame({ opcode: CONTINUATION, payload: part, fin: false });
    // One frame may have just less than 64 MiB; fragments together may have more.
    for (let i = 0; i < 66; i++) await socket.write(more);
    await socket.send({ opcode: PING, payload: "after" });
    const frame = await socket.readFrame();
    assert(frame !== GONE && frame.opcode === PONG);
  },
);
