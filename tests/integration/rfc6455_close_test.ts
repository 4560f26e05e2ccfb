/** The closing handshake: section 7 of Autobahn's suite. */
import { assertEquals } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { testWith } from "../support/needs.ts";
import { OPCODE } from "./raw_frame.ts";
import { RawSocket } from "./raw_socket.ts";
import { FAILED, portOf, runCase, WIDE_LIMITS, type WireCase, wireTest } from "./rfc6455_case.ts";
import { ANSWERED_CLOSES, close, CLOSE_PAYLOADS, closed, normal } from "./rfc6455_close_cases.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

wireTest("RFC 6455, close: it is answered once, and nothing behind it is", ANSWERED_CLOSES);

wireTest("RFC 6455, close: what it may carry", CLOSE_PAYLOADS);

testWith(serverNeeds, "however a connection is closed, nothing of it is left", async () => {
  await using server = await RunningServer.start(WIDE_LIMITS);
  const ends: readonly WireCase[] = [
    { name: "close", write: [normal], expect: closed(1000) },
    { name: "close twice", write: [normal, normal], expect: closed(1000) },
    { name: "fault", write: [{ opcode: 3 }], expect: FAILED },
    { name: "close with a forbidden code", write: [close(1005)], expect: FAILED },
    {
      name: "half a frame and nothing more",
      write: [{ opcode: OPCODE.TEXT, claimedBytes: 100 }],
      expect: [],
    },
  ];
  for (const end of ends) {
    using socket = await RawSocket.connect(portOf(server));
    if (Array.isArray(end.expect)) await socket.send(...end.write);
    else await runCase(socket, end);
  }
  await waitFor(() => server.app.status().clients.connected === 0, { what: "all connections to end" });
  assertEquals(server.app.status().clients.streaming, 0);
});
