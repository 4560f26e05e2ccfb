import { assert, assertEquals, assertMatch } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

testWith(
  serverNeeds,
  "a running server shows who is there, and the record of each connection and stream that has ended",
  async () => {
    await using server = await RunningServer.start();
    const stats = async (path: string) => await (await fetch(`${server.url}${path}`)).json();
    const viewer = await SocketClient.connect(server.socketUrl);
    await viewer.register();
    const here = await stats("ws/main/stats");
    assertEquals([here.room_id, here.connection_count, here.connections[0].client_id], ["main", 1, "test"]);

    const streams = await SocketClient.connect(server.socketUrl.replace("render", "stream_features"));
    const send = (message: Record<string, unknown>) => streams.send(JSON.stringify(message));
    send({
      type: "INIT",
      client_id: "meter",
      client_info: { user_agent: "x", capabilities: ["y".repeat(500)] },
    });
    const meter = await waitFor(async () => {
      const { connections } = await stats("ws/stats");
      return connections.find((row: Record<string, unknown>) => row["client_id"] === "meter");
    }, { what: "what the client says of itself" });
    assert(meter.client_info.startsWith('{"user_agent":"x","capabilities":["yyy'));
    assert(meter.client_info.length < 100, "and no more than its beginning");
    const came = (type: string) => streams.messages.filter((message) => message.type === type).length;
    send({
      type: "SUBSCRIBE",
      stream_type: "stream_features",
      stream_id: "f",
      params: { update_interval_ms: 10 },
    });
    await waitFor(() => came("FEATURE_UPDATE") >= 3, { what: "updates" });
    assertEquals((await stats("ws/stats")).sessions.subscriptions, 1);
    send({ type: "UNSUBSCRIBE", stream_id: "f" });
    await waitFor(() => came("UNSUBSCRIBE") === 1, { what: "the acknowledgement" });
    const updates = came("FEATURE_UPDATE");
    send({ type: "CLOSE" });
    await waitFor(() => streams.closed !== undefined, { what: "the close" });
    await viewer[Symbol.asyncDispose]();
    const { ended, sessions } = await waitFor(async () => {
      const all = await stats("ws/stats");
      return all.total_connections === 0 && all;
    }, { what: "everybody to be gone" });

    const [stream] = ended.filter(({ record }: { record: string }) => record === "stream");
    assertEquals([stream.stream_id, stream.packets_sent, stream.dropped_frames], ["f", updates, 0]);
    assert(stream.stream_duration_seconds > 0);
    const connections = ended.filter(({ record }: { record: string }) => record === "connection");
    assertEquals(connections.length, 2);
    for (const row of connections) {
      assert(row.duration_seconds > 0 && row.packets_sent > 0 && row.packets_received > 0);
      assertEquals([row.dropped_frames, row.drop_rate_percent], [0, 0]);
    }
    assertEquals(sessions.messages_in, 5);
    const metrics = await (await fetch(`${server.url}api/metrics?format=prometheus`)).text();
    assertMatch(metrics, /^voxcast_connection_seconds_count 2$/m, "how long they lasted is counted, too");
    const { ended: ofWorld } = await stats("ws/main/stats");
    assertEquals(ofWorld.map(({ record }: { record: string }) => record).sort(), [
      "connection",
      "connection",
      "stream",
    ]);
    assert(ofWorld.every((row: Record<string, unknown>) => !("remote_address" in row)));
  },
);
