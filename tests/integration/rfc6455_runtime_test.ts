/**
 * Where the runtime itself breaks RFC 6455, and nothing above it can see or mend it. Each row is tested as it is today, so
 * that a runtime that mends it is noticed: then the row goes, and a case of the other files takes its place.
 */
import { assert, assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { encodeFrame, OPCODE } from "./raw_frame.ts";
import { GONE, RawSocket, type RawSocketOptions } from "./raw_socket.ts";
import { assertAlive, portOf, runCase, WIDE_LIMITS } from "./rfc6455_case.ts";
import { FAULTS } from "./rfc6455_runtime_faults.ts";
import { INVALID_FRAMES } from "./rfc6455_utf8_cases.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

const { TEXT, CONTINUATION, BINARY, PING, PONG } = OPCODE;

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
  for (const { autobahn, parts } of INVALID_FRAMES) {
    await context.step(
      `the runtime still looks at a text only when its frame is whole (8.1; issue: none found; Autobahn ${autobahn})`,
      async () => {
        using socket = await RawSocket.connect(portOf(server));
        const frame = encodeFrame({ opcode: TEXT, payload: joined(parts) });
        const restBytes = parts.at(-1)!.length;
        await socket.write(frame.subarray(0, frame.length - restBytes));
        let isOver = false;
        const ending = socket.readToEnd().finally(() => isOver = true);
        using other = await RawSocket.connect(portOf(server));
        // The server has read what came before these, and would have hung up.
        for (let i = 0; i < 20; i++) await assertAlive(other);
        assert(!isOver, "it fails at once: a case of its own now");
        await socket.write(frame.subarray(frame.length - restBytes));
        assertEquals(await ending, []);
      },
    );
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

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
