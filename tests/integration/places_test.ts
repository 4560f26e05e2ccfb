import { assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { OPCODE } from "./raw_frame.ts";
import { RawSocket } from "./raw_socket.ts";
import { pingText, portOf, WIDE_LIMITS } from "./rfc6455_case.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

const PLACES = 3;
const KEY = "a-key-of-the-suite";

/** More clients than there are places come one after the other, each is closed with the code, and nothing is left. */
async function comeAndGo(
  server: RunningServer,
  { path, code, messages }: {
    readonly path: string;
    readonly code: number;
    readonly messages: readonly string[];
  },
): Promise<void> {
  const url = `${server.url.replace("http", "ws")}ws/${path}`;
  for (let i = 0; i <= PLACES; i++) {
    await using client = await SocketClient.connect(url);
    for (const message of messages) client.send(message);
    await waitFor(() => client.closed, { what: "the close" });
    assertEquals([i, client.closed?.code], [i, code]);
    assertEquals(client.messages.at(-1)?.type, "ERROR", "it has read why");
  }
  const entries = () => server.app.status().session.entries;
  await waitFor(() => entries() === 0, { what: "everybody to be forgotten" });
}

testWith(serverNeeds, "a client that is told why it is closed gives its place back", async () => {
  await using server = await RunningServer.start({
    "streaming.maxClientsPerServer": PLACES,
    "limits.maxMalformedInRow": 5,
  });
  const pings = Array<string>(60).fill('{"type":"PING"}');
  for (const path of ["render", "heartbeat", "stream_features"]) {
    await comeAndGo(server, { path, code: 4002, messages: [...pings, "x".repeat(2_000_000)] });
  }
  await comeAndGo(server, { path: "render", code: 4007, messages: Array<string>(5).fill("{") });
});

testWith(
  serverNeeds,
  "so does a stranger that shows no credential in time, or sends too much without one",
  async () => {
    await using server = await RunningServer.start({
      "streaming.maxClientsPerServer": PLACES,
      "security.apiKey": KEY,
      "security.trustProxy": ["127.0.0.1"],
      "session.authTimeoutMs": 500,
    });
    await comeAndGo(server, { path: "heartbeat", code: 4003, messages: [] });
    const pings = Array<string>(50).fill('{"type":"PING"}');
    await comeAndGo(server, { path: "heartbeat", code: 4003, messages: [...pings, "x".repeat(4096)] });
  },
);

testWith(
  serverNeeds,
  "who never reads keeps its place after the end, and gives it back when it goes",
  async () => {
    await using server = await RunningServer.start({
      ...WIDE_LIMITS,
      "streaming.maxClientsPerServer": 1,
      "session.drainTimeoutMs": 100,
      "session.writeTimeoutMs": 1000,
    });
    const session = () => server.app.status().session;
    using socket = await RawSocket.connect(portOf(server), { path: "/ws/heartbeat" });
    const ping = { opcode: OPCODE.TEXT, payload: pingText("x".repeat(200)) };
    const pings = Array(500).fill(ping);
    // The answers fill what the machine keeps for the socket, and then the process.
    await waitFor(async () => {
      await socket.send(...pings);
      return server.app.status().clients.bufferedBytes > 2 ** 20;
    }, { what: "its socket to be full", intervalMs: 0 });
    await waitFor(() => session().open === 0, { what: "the end" });
    assertEquals(session().lingering, 1);
    socket[Symbol.dispose]();
    await waitFor(() => session().entries === 0, { what: "its place to be free" });
  },
);
