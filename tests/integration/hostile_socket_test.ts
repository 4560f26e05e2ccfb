import { assert, assertEquals } from "@std/assert";
import { INVISIBLE, SCHEMING_TEXTS, UNSEEN_TEXTS } from "../support/hostile_text.ts";
import { testWith } from "../support/needs.ts";
import { RunningServer, serverNeeds, viewportFields, WHOLE_WORLD } from "./running_server.ts";
import { type ServerMessage, SocketClient } from "./socket_client.ts";

const GENEROUS = { "limits.messagesPerSecond": 20_000 };

testWith(
  serverNeeds,
  "over a socket no unseen character is taken as a name, repeated bare, or harms the connection",
  async () => {
    await using server = await RunningServer.start(GENEROUS);
    await using client = await SocketClient.connect(server.socketUrl);
    const ask = (message: unknown): Promise<ServerMessage> =>
      client.answer(() => client.send(JSON.stringify(message)));
    const viewport = viewportFields(WHOLE_WORLD);
    for (const text of Object.values(UNSEEN_TEXTS)) {
      const refusals: readonly [message: unknown, code: string][] = [
        [{ type: text }, "UNKNOWN_TYPE"],
        [{ type: "INIT", "client_id": text }, "INVALID_FIELD"],
        [{ type: "INIT", "protocol_version": text }, "UNSUPPORTED_PROTOCOL"],
        [{ type: "REGISTER_CLIENT", clientId: text, viewport }, "INVALID_FIELD"],
        [{ type: "REGISTER_CLIENT", clientId: "c", world: text, viewport }, "INVALID_FIELD"],
        [{ type: "SUBSCRIBE", "stream_type": text, "stream_id": "s" }, "INVALID_FIELD"],
        [{ type: "SUBSCRIBE", "stream_type": "stream_features", "stream_id": text }, "INVALID_FIELD"],
        [{ type: "UNSUBSCRIBE", "stream_id": text }, "INVALID_FIELD"],
        [{ type: "PING", id: text }, "INVALID_FIELD"],
      ];
      for (const [message, code] of refusals) {
        const { type, data, message: outer } = await ask(message);
        assertEquals([type, data?.code], ["ERROR", code]);
        assert(!INVISIBLE.test(`${outer}${data?.message}`), JSON.stringify(data));
        // A right message between wrong ones, so that the wrong ones are not a flood.
        assertEquals((await ask({ type: "PING", id: "p" })).data?.ref, "p");
      }
    }
  },
);

testWith(
  serverNeeds,
  "names that look like code come back over the socket and in statistics as they are",
  async () => {
    await using server = await RunningServer.start(GENEROUS);
    await using client = await SocketClient.connect(server.socketUrl);
    const ask = (message: unknown): Promise<ServerMessage> =>
      client.answer(() => client.send(JSON.stringify(message)));
    for (const text of SCHEMING_TEXTS) {
      const init = { type: "INIT", id: text, "client_id": text, "client_info": { [text]: text } };
      assertEquals((await ask(init)).data?.ref, text);
      const subscribed = await ask({ type: "SUBSCRIBE", "stream_type": text, "stream_id": text });
      assertEquals([subscribed.type, subscribed.data?.stream_id], ["SUBSCRIBE_FAILED", text]);
      assertEquals((await ask({ type: "UNSUBSCRIBE", "stream_id": text })).data?.code, "STREAM_NOT_FOUND");
      assertEquals((await ask({ type: "PING", "ping_id": text })).data?.ping_id, text);
      const registered = await client.register(WHOLE_WORLD, { clientId: text, world: text });
      assertEquals(registered.data?.code, "WORLD_NOT_FOUND");
      const stats = await fetch(new URL("ws/stats", server.url));
      assertEquals(stats.headers.get("content-type"), "application/json");
      const { connections } = await stats.json();
      assertEquals(connections.map((row: { client_id: string }) => row.client_id), [text]);
    }
    assertEquals(Object.hasOwn(Object.prototype, "pwned"), false);
  },
);
