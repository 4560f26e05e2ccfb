import { assert, assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

const MIB = 2 ** 20;
/** A handshake as a client sends it, so that the answer to it can be seen. */
const UPGRADE = [
  "GET /ws/render HTTP/1.1",
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

testWith(
  serverNeeds,
  "a running server whose memory is high turns newcomers away with 503 and a time, and keeps who is in",
  async () => {
    // No process of this runtime is as small as that.
    await using server = await RunningServer.start({
      "limits.maxMemoryBytes": 64 * MIB,
      "limits.pacedAcceptsPerSecond": 1,
    });
    const port = Number(new URL(server.url).port);
    await using inside = await SocketClient.connect(server.socketUrl);
    const refused = await waitFor(async () => {
      const answer = await handshake(port);
      return answer.startsWith("HTTP/1.1 503") && answer;
    }, { what: "a refusal" });
    assert(/^retry-after: [1-9]/im.test(refused), refused);
    assertEquals((await inside.register()).type, "REGISTERED");
    assert(server.app.status().session.refused["overloaded"]! > 0);
  },
);

/** The head of the answer to one handshake. */
async function handshake(port: number): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${UPGRADE.join("\r\n")}\r\n\r\n`));
  const buffer = new Uint8Array(4096);
  const length = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length));
}
