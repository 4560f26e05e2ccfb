import { assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

/** A client that has more on its way than the server has answered must still learn why it is closed. */
async function closeCodeOf(server: RunningServer, messages: readonly string[]): Promise<number> {
  await using client = await SocketClient.connect(server.socketUrl);
  for (const message of messages) client.send(message);
  return (await waitFor(() => client.closed, { what: "the close" })).code;
}

testWith(serverNeeds, "after a burst the close code still comes: 4008, 4007 and 1000", async () => {
  await using server = await RunningServer.start({
    "limits.messagesPerSecond": 20,
    "limits.maxViolations": 1,
    "limits.maxMalformedInRow": 5,
  });
  const pings = Array<string>(200).fill('{"type":"PING"}');
  for (let round = 0; round < 3; round++) {
    assertEquals(await closeCodeOf(server, pings), 4008);
    assertEquals(await closeCodeOf(server, Array<string>(15).fill("{")), 4007);
    const leaving = [...pings.slice(0, 8), '{"type":"CLOSE"}', ...pings.slice(0, 8)];
    assertEquals(await closeCodeOf(server, leaving), 1000);
  }
});
