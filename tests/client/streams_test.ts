import { assertEquals, assertRejects } from "@std/assert";
import { ClientError, type StreamEnd, type StreamUpdate } from "../../src/client/mod.ts";
import { parseClientMessage } from "../../src/protocol/mod.ts";
import { FakeServer } from "./fake_server.ts";

/** A client of feature streams, and what a stream has told it. */
class Setup {
  readonly server = new FakeServer({ profile: "stream_features" });
  readonly updates: StreamUpdate[] = [];
  readonly ends: StreamEnd[] = [];

  subscribe(streamId: string, options: object = {}): Promise<unknown> {
    return this.server.client.subscribe({
      streamType: "stream_features",
      streamId,
      onUpdate: (update) => this.updates.push(update),
      onEnd: (end) => this.ends.push(end),
      ...options,
    });
  }

  async accept(): Promise<void> {
    this.server.socket.answers("SUBSCRIBE", "SUBSCRIBE_SUCCESS", { stream_type: "stream_features" });
    await this.server.settle();
  }

  says(type: string, data: object): void {
    this.server.socket.says(JSON.stringify({ type, timestamp: 0, data, payload: data }));
  }
}

Deno.test("the flow of INIT, AUTH, SUBSCRIBE, updates, heartbeats, UNSUBSCRIBE and CLOSE", async () => {
  const server = new FakeServer({
    profile: "stream_features",
    credential: { apiKey: "open-sesame-0123456789" },
  });
  server.greeting = { authenticated: false, auth_required: true, session: null };
  const connected = server.client.connect();
  await server.settle();
  await server.greet();
  server.socket.answers("AUTH", "AUTH_SUCCESS", { principal: "key:main", expires_at_ms: null });
  await connected;
  const features: unknown[] = [];
  const subscribed = server.client.subscribe({
    streamType: "stream_features",
    streamId: "features-1",
    params: { update_interval_ms: 50 },
    strategy: "compress",
    keepEvery: 3,
    onUpdate: (update) => features.push(update.features.voxels),
  });
  server.socket.answers("SUBSCRIBE", "SUBSCRIBE_SUCCESS", { stream_id: "features-1", world: "main" });
  assertEquals((await subscribed).world, "main");
  for (const sequence of [1, 2]) {
    const data = { "stream_id": "features-1", sequence, features: { voxels: 10 * sequence }, timestamp: 0 };
    server.socket.says(JSON.stringify({ type: "feature_update", timestamp: 0, payload: data }));
  }
  server.socket.says(JSON.stringify({ type: "HEARTBEAT", data: { sequence: 1 } }));
  const ended = server.client.unsubscribe("features-1");
  server.socket.answers("UNSUBSCRIBE", "UNSUBSCRIBE", { stream_id: "features-1" });
  await ended;
  server.client.close();
  assertEquals(features, [10, 20]);
  assertEquals(server.socket.types, ["INIT", "AUTH", "SUBSCRIBE", "PONG", "UNSUBSCRIBE", "CLOSE"]);
  for (const message of server.socket.received) parseClientMessage(JSON.stringify(message));
  const subscribe = parseClientMessage(JSON.stringify(server.socket.last("SUBSCRIBE")));
  assertEquals(subscribe, {
    type: "SUBSCRIBE",
    streamType: "stream_features",
    streamId: "features-1",
    params: { update_interval_ms: 50 },
    strategy: "compress",
    keepEvery: 3,
    id: "3",
  });
});

Deno.test("subscriptions are made again with each connection, their sequence beginning anew", async () => {
  const all = new Setup();
  const { server, updates } = all;
  const early = all.subscribe("a");
  await server.connect();
  await all.accept();
  await early;
  all.says("FEATURE_UPDATE", { stream_id: "a", sequence: 1, features: {} });
  all.says("FEATURE_UPDATE", { stream_id: "a", sequence: 5, features: {} });
  server.socket.closes(1006);
  await server.clock.advanceAsync(500);
  await server.greet();
  assertEquals([server.status.step, server.socket.types], ["joining", ["INIT", "SUBSCRIBE"]]);
  await all.accept();
  assertEquals(server.status.state, "connected");
  all.says("FEATURE_UPDATE", { stream_id: "a", sequence: 9, features: {} });
  all.says("FEATURE_UPDATE", { stream_id: "unknown", sequence: 1, features: {} });
  assertEquals(updates.map(({ sequence, missed }) => [sequence, missed]), [[1, 0], [5, 3], [9, 0]]);
  server.client.close();
});

Deno.test("a subscription that is refused is gone, at first or later; others and the connection stay", async () => {
  const all = new Setup();
  await all.server.connect();
  const refusal = { code: "STREAM_NOT_FOUND", number: 40007, message: "There is no stream b" };
  const b = all.subscribe("b");
  all.server.socket.answers("SUBSCRIBE", "SUBSCRIBE_FAILED", refusal);
  assertEquals((await assertRejects(() => b, ClientError, "There is no stream b")).number, 40007);
  assertEquals(all.ends, [], "the promise has told it");
  const a = all.subscribe("a");
  await all.accept();
  await a;
  all.server.socket.closes(1006);
  await all.server.clock.advanceAsync(500);
  await all.server.greet();
  all.server.socket.answers("SUBSCRIBE", "SUBSCRIBE_FAILED", refusal);
  await all.server.settle();
  assertEquals(all.server.status.state, "connected");
  assertEquals(all.ends.map(({ error }) => error?.code), ["STREAM_NOT_FOUND"]);
  all.server.client.close();
});

Deno.test("one id is one subscription, and a stream that ends by itself gives its id back", async () => {
  const all = new Setup();
  await all.server.connect();
  const first = all.subscribe("a");
  assertEquals((await assertRejects(() => all.subscribe("a"), ClientError)).code, "STREAM_EXISTS");
  await all.accept();
  await first;
  all.says("STREAM_COMPLETE", { stream_id: "a", sequence: 9, reason: "max_updates" });
  assertEquals(all.ends, [{ reason: "max_updates", error: undefined }]);
  const again = all.subscribe("a");
  await all.accept();
  await again;
  assertEquals(
    (await assertRejects(() => all.server.client.unsubscribe("z"), ClientError)).code,
    "STREAM_NOT_FOUND",
  );
  all.server.client.close();
});

Deno.test("a subscription ended while offline is not made again, and parameters that JSON would change are refused", async () => {
  const all = new Setup();
  const waiting = assertRejects(() => all.subscribe("a"), ClientError, "ended before it began");
  await all.server.settle();
  await all.server.client.unsubscribe("a");
  await waiting;
  await all.server.connect();
  assertEquals(all.server.socket.types, ["INIT"]);
  await assertRejects(
    () => all.subscribe("b", { params: { update_interval_ms: NaN } }),
    ClientError,
    "finite number",
  );
  all.server.client.close();
});
