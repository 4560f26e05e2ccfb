import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { regionMorton } from "../../src/space/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { fromFileUrl } from "./foreign_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { RawSocket } from "./raw_socket.ts";
import { RunningServer, serverNeeds, viewportFields, WHOLE_WORLD } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

const RED = 0xff0000ff;

function paint(world: World, x: number, y: number, z: number, color: number): void {
  world.apply({
    kind: "patch",
    cells: { positions: Uint32Array.of(x, y, z), colors: Uint32Array.of(color) },
  });
}

/** Whether the client shows exactly what the world holds, voxel by voxel. */
function showsWorld(client: SocketClient, world: World): boolean {
  const { shown } = client;
  for (const key of world.regions.keys()) {
    const { samples } = world.snapshot(key);
    const frame = shown.get(regionMorton(key));
    if ((frame?.keys.length ?? 0) !== samples.keys.length) return false;
    for (let i = 0; i < samples.keys.length; i++) {
      if (frame!.keys[i] !== samples.keys[i] || frame!.colors[i] !== samples.colors[i]) return false;
    }
  }
  return true;
}

const FINE = { "streaming.lodThresholds": [10_000, 20_000, 30_000] };

testWith(serverNeeds, "REGISTERED tells the world, and comes before the first frame", async () => {
  await using server = await RunningServer.start(FINE);
  const world = server.app.defaultWorld;
  paint(world, 500, 20, 500, RED);
  await using client = await SocketClient.connect(server.socketUrl);
  const { type, data } = await client.register();
  assertEquals(type, "REGISTERED");
  assertEquals(data!.world, "main");
  assertEquals(data!.epoch, world.epoch);
  assertEquals([data!.protocol, data!.level, data!.depth, data!.kind], [1, 4, 6, "esvo"]);
  assertEquals(data!.codecs, [2]);
  assertEquals(data!.bounds, { min: [0, 0, 0], max: [1024, 1024, 1024] });
  assertEquals(data!.content_bounds, { min: [500, 20, 500], max: [501, 21, 501] });
  await waitFor(() => showsWorld(client, world), { what: "the world" });
  assertEquals(client.order[0], "text");
});

testWith(
  serverNeeds,
  "two clients: one edits over REST, and the other's decoded world equals the server's",
  async () => {
    await using server = await RunningServer.start(FINE);
    const world = server.app.defaultWorld;
    await using reader = await SocketClient.connect(server.socketUrl);
    await reader.register();
    const voxels = Array.from({ length: 300 }, (_, i) => ({
      position: [(i * 37) % 1024, (i * 53) % 1024, (i * 71) % 1024],
      color: `#${(i * 7919).toString(16).padStart(6, "0")}`,
    }));
    const post = async (body: unknown) => {
      const response = await fetch(`${server.url}api/worlds/main/voxels`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      assertEquals(response.status, 200, await response.text());
    };
    await post({ voxels });
    await waitFor(() => showsWorld(reader, world), { what: "the edit to arrive" });
    await post({ voxels: voxels.slice(0, 150).map(({ position }) => ({ position, color: null })) });
    await waitFor(() => showsWorld(reader, world), { what: "the removal to arrive" });
    assertEquals(
      [...reader.shown.values()].reduce((sum, frame) => sum + frame.keys.length, 0),
      world.voxelCount,
    );
  },
);

testWith(serverNeeds, "an entity that moves is drawn where it is, and leaves no ghost behind", async () => {
  await using server = await RunningServer.start(FINE);
  const world = server.app.defaultWorld;
  await using client = await SocketClient.connect(server.socketUrl);
  await client.register();
  for (const x of [60, 62, 64, 200, 70]) {
    world.apply({
      kind: "entities",
      source: "test",
      put: [{ id: "e", type: "box", position: [x, 100, 100], size: [6, 6, 6], color: RED }],
    });
    await waitFor(() => showsWorld(client, world), { what: `the entity at ${x}` });
  }
  world.apply({ kind: "entities", source: "test", remove: ["e"] });
  await waitFor(() => client.shown.size === 0, { what: "the entity to go" });
});

testWith(serverNeeds, "a client that looks away and back holds what the world is then", async () => {
  await using server = await RunningServer.start(FINE);
  const world = server.app.defaultWorld;
  paint(world, 500, 20, 500, RED);
  paint(world, 900, 20, 900, RED);
  await using client = await SocketClient.connect(server.socketUrl);
  await client.register();
  await waitFor(() => showsWorld(client, world), { what: "the world" });
  const away = { ...WHOLE_WORLD, lookAt: [5000, 5000, 5000] as const };
  const delivered = () => server.app.status().ledger.delivered;
  const before = delivered();
  client.move(away);
  await waitFor(() => server.app.status().cache.pinnedCount === 0, { what: "the view to be empty" });
  paint(world, 500, 20, 500, 0);
  paint(world, 901, 20, 900, RED + 1);
  await waitFor(() => world.dirty.size === 0, { what: "the builds" });
  assertEquals(delivered(), before, "nothing is sent of what is out of view");
  client.move(WHOLE_WORLD);
  await waitFor(() => showsWorld(client, world), { what: "the world as it is now" });
});

testWith(
  serverNeeds,
  "what cannot be understood gets an ERROR, is counted, and never closes the socket",
  async () => {
    await using server = await RunningServer.start();
    await using client = await SocketClient.connect(server.socketUrl);
    const view = viewportFields(WHOLE_WORLD);
    const cases: readonly [string | Uint8Array<ArrayBuffer>, string, string][] = [
      ["{", "INVALID_JSON", "Invalid JSON"],
      ["[]", "MISSING_TYPE", ""],
      ["{}", "MISSING_TYPE", "Missing 'type' field"],
      [`{"type":"DANCE"}`, "UNKNOWN_TYPE", "Unknown message type: DANCE"],
      [
        JSON.stringify({ type: "REGISTER_CLIENT", viewport: view }),
        "MISSING_FIELD",
        "Missing 'clientId' field",
      ],
      [`{"type":"REGISTER_CLIENT","clientId":"a"}`, "MISSING_FIELD", "Missing 'viewport' field"],
      [
        JSON.stringify({ type: "UPDATE_VIEWPORT", clientId: "a", viewport: view }),
        "NOT_REGISTERED",
        "REGISTER_CLIENT",
      ],
      [
        JSON.stringify({ type: "REGISTER_CLIENT", clientId: "a", viewport: view, world: "nowhere" }),
        "WORLD_NOT_FOUND",
        "nowhere",
      ],
      [
        JSON.stringify({ type: "REGISTER_CLIENT", clientId: "a", viewport: view, protocol: 9 }),
        "UNSUPPORTED_PROTOCOL",
        "supported versions: 1",
      ],
      [new Uint8Array(8), "UNSUPPORTED_BINARY", ""],
    ];
    for (const [sent, code, text] of cases) {
      const answer = await client.answer(() => client.send(sent));
      assertEquals([answer.type, answer.data?.code], ["ERROR", code], JSON.stringify(answer));
      assertStringIncludes(answer.message ?? "", text);
    }
    assertEquals(client.closed, undefined);
    assertEquals(server.app.status().clients.malformedMessages, cases.length);
    assertEquals((await client.register()).type, "REGISTERED");
  },
);

testWith(
  serverNeeds,
  "a degenerate camera gets an ERROR, not silence, and the old view goes on",
  async () => {
    await using server = await RunningServer.start(FINE);
    const world = server.app.defaultWorld;
    await using client = await SocketClient.connect(server.socketUrl);
    await client.register();
    const good = viewportFields(WHOLE_WORLD);
    const bad: Record<string, unknown>[] = [
      { lookAt: good.eye },
      {
        up: {
          x: WHOLE_WORLD.lookAt[0] - 1600,
          y: WHOLE_WORLD.lookAt[1] - 1500,
          z: WHOLE_WORLD.lookAt[2] - 1700,
        },
      },
      { up: { x: 0, y: 0, z: 0 } },
      { fovY: 0 },
      { fovY: 4 },
      { nearPlane: -1 },
      { nearPlane: 10, farPlane: 10 },
      { aspectRatio: 0 },
      { eye: { x: "1", y: 0, z: 0 } },
      { eye: { x: null, y: 0, z: 0 } },
      { eye: { x: 0, y: 0 } },
    ];
    for (const change of bad) {
      const text = JSON.stringify({
        type: "UPDATE_VIEWPORT",
        clientId: "a",
        id: "42",
        viewport: { ...good, ...change },
      });
      const answer = await client.answer(() => client.send(text));
      assertEquals(
        [answer.type, answer.data?.code, answer.data?.ref],
        ["ERROR", "INVALID_VIEWPORT", "42"],
        text,
      );
    }
    const infinite = await client.answer(() =>
      client.send(
        `{"type":"UPDATE_VIEWPORT","clientId":"a","viewport":${
          JSON.stringify(good).replace("1600", "1e999")
        }}`,
      )
    );
    assertEquals(infinite.data?.code, "INVALID_VIEWPORT");
    paint(world, 500, 20, 500, RED);
    await waitFor(() => showsWorld(client, world), { what: "the edit in the old view" });
  },
);

testWith(
  serverNeeds,
  "the server that is full closes with 4001, and takes the next when one has left",
  async () => {
    await using server = await RunningServer.start({ "streaming.maxClientsPerServer": 2 });
    const first = await SocketClient.connect(server.socketUrl);
    await using second = await SocketClient.connect(server.socketUrl);
    const third = await SocketClient.connect(server.socketUrl);
    const closed = await waitFor(() => third.closed, { what: "the third to be closed" });
    assertEquals(closed, { code: 4001, reason: "Server full" });
    await first[Symbol.asyncDispose]();
    await waitFor(() => server.app.status().clients.connected === 1, { what: "the first to be gone" });
    await using fourth = await SocketClient.connect(server.socketUrl);
    assertEquals((await fourth.register()).type, "REGISTERED");
    assertEquals((await second.register()).type, "REGISTERED");
    assertEquals(server.app.status().clients.refused, 1);
  },
);

testWith(
  serverNeeds,
  "a message above the size limit, counted in UTF-8 bytes, closes with 4002",
  async () => {
    await using server = await RunningServer.start({ "streaming.maxMessageSizeBytes": 1024 });
    await using client = await SocketClient.connect(server.socketUrl);
    const fits = await client.answer(() => client.send(" ".repeat(1024)));
    assertEquals(fits.data?.code, "INVALID_JSON");
    client.send("é".repeat(513));
    const closed = await waitFor(() => client.closed, { what: "the close" });
    assertEquals(closed, { code: 4002, reason: "Message size limit exceeded" });
  },
);

testWith(
  serverNeeds,
  "the world is chosen by the address or in the message, by any of its names",
  async () => {
    await using server = await RunningServer.start();
    server.app.worlds.create("other");
    await using byAddress = await SocketClient.connect(`${server.socketUrl}?world=other`);
    assertEquals((await byAddress.register()).data?.world, "other");
    for (const name of ["world", "room_id", "session_id"]) {
      await using client = await SocketClient.connect(server.socketUrl);
      assertEquals((await client.register(WHOLE_WORLD, { [name]: "other" })).data?.world, "other");
    }
    const both = await byAddress.register(WHOLE_WORLD, { world: "main" });
    assertEquals(both.data?.code, "CONFLICTING_FIELD");
  },
);

testWith(serverNeeds, "registering again moves the client to the other world", async () => {
  await using server = await RunningServer.start(FINE);
  const other = server.app.worlds.create("other");
  paint(server.app.defaultWorld, 1, 1, 1, RED);
  paint(other, 1, 1, 1, RED + 1);
  await using client = await SocketClient.connect(server.socketUrl);
  await client.register();
  await waitFor(() => client.frames.length === 1, { what: "the first world" });
  await client.register(WHOLE_WORLD, { world: "other" });
  await waitFor(() => client.frames.length === 2, { what: "the other world" });
  assertEquals(client.frames.map((frame) => frame.colors[0]), [RED, RED + 1]);
  assertEquals(server.app.status().clients.streaming, 1);
});

testWith(serverNeeds, "a deleted world closes its clients with 4004 and the reason", async () => {
  await using server = await RunningServer.start();
  server.app.worlds.create("other");
  await using client = await SocketClient.connect(`${server.socketUrl}?world=other`);
  await client.register();
  const response = await fetch(`${server.url}api/worlds/other`, { method: "DELETE" });
  assert(response.ok);
  await response.body?.cancel();
  const closed = await waitFor(() => client.closed, { what: "the close" });
  assertEquals(closed.code, 4004);
  assertEquals(client.messages.at(-1)?.data?.code, "WORLD_NOT_FOUND");
});

testWith(
  serverNeeds,
  "a server that stops says good-bye with 1001, and all its counters are at 0",
  async () => {
    const server = await RunningServer.start();
    await using client = await SocketClient.connect(server.socketUrl);
    await client.register();
    await server[Symbol.asyncDispose]();
    const closed = await waitFor(() => client.closed, { what: "the close" });
    assertEquals(closed, { code: 1001, reason: "Server shutdown" });
    const { clients, cache, ledger } = server.app.status();
    assertEquals([clients.connected, clients.streaming, cache.pinnedCount, ledger.pending], [0, 0, 0, 0]);
  },
);

testWith(
  serverNeeds,
  "of many that connect at the same instant exactly as many as allowed get in",
  async () => {
    await using server = await RunningServer.start({ "streaming.maxClientsPerServer": 5 });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => SocketClient.connect(server.socketUrl)),
    );
    const refused = () => clients.filter((client) => client.closed !== undefined);
    await waitFor(() => refused().length === 15, { what: "the refusals" });
    assertEquals(new Set(refused().map((client) => client.closed!.code)), new Set([4001]));
    assertEquals(server.app.status().clients.connected, 5);
    for (const client of clients) await client[Symbol.asyncDispose]();
  },
);

testWith(serverNeeds, "a connection that breaks without a word leaves nothing behind", async () => {
  await using server = await RunningServer.start();
  const port = Number(new URL(server.url).port);
  {
    using _raw = await RawSocket.connect(port);
    await waitFor(() => server.app.status().clients.connected === 1, { what: "the connection" });
  }
  await waitFor(() => server.app.status().clients.connected === 0, { what: "the connection to be gone" });
});

testWith(
  serverNeeds,
  "the numbers of builds, cache and connections are those of what happened",
  async () => {
    await using server = await RunningServer.start(FINE);
    const world = server.app.defaultWorld;
    for (let i = 0; i < 10; i++) paint(world, i * 100, 20, 500, RED);
    await waitFor(() => world.dirty.size === 0, { what: "the builds" });
    await using client = await SocketClient.connect(server.socketUrl);
    await client.register();
    await waitFor(() => showsWorld(client, world), { what: "the world" });
    const metrics = await (await fetch(`${server.url}api/metrics`)).json();
    assertEquals([metrics.builder.totalBuilds, metrics.builder.failedBuilds], [world.regions.size, 0]);
    assert(metrics.builder.avgBuildTimeMs > 0);
    assert(metrics.cache.caffeineHitRate > 0);
    assertEquals(metrics.cache.pinnedCount, world.regions.size);
    const stats = await (await fetch(`${server.url}ws/stats`)).json();
    assertEquals(stats.connections.length, 1);
    const [row] = stats.connections;
    assert(row.connected_ms >= 0 && row.connected_ms < 60_000);
    const expected = ["main", client.frames.length, world.regions.size];
    assertEquals([row.world, row.frames_sent, row.regions_wanted], expected);
  },
);

testWith(
  serverNeeds,
  "a server stops once however often it is told, and does not wait for one that never answers",
  async () => {
    const server = await RunningServer.start();
    using _raw = await RawSocket.connect(Number(new URL(server.url).port));
    await waitFor(() => server.app.status().clients.connected === 1, { what: "the connection" });
    const stops = [1, 2, 3].map(() => server[Symbol.asyncDispose]());
    assert(stops.every((stop) => stop === stops[0]));
    await Promise.all(stops);
  },
);

testWith(
  await needs({ net: "127.0.0.1" }, { read: true }, { command: "python3" }),
  "a connection that is reset during the handshake gives its place back in time",
  async () => {
    await using server = await RunningServer.start({ "streaming.openTimeoutMs": 200 });
    const script = fromFileUrl(new URL("./reset_handshakes.py", import.meta.url));
    const accepted = () => server.app.status().clients.accepted;
    // Who resets so early that the request is never seen takes no place; some are later than that.
    await waitFor(async () => {
      const { success } = await new Deno.Command(await commandPath("python3"), {
        args: [script, new URL(server.url).port, "100"],
      }).output();
      assert(success);
      return accepted() > 0;
    }, { what: "a connection that was accepted" });
    await waitFor(() => server.app.status().clients.connected === 0, { what: "all places to be free" });
  },
  // The runtime leaves its own upgrade operation pending for ever when the peer resets; only that is let pass here.
  { sanitizeOps: false },
);

testWith(serverNeeds, "a shallow world under many thresholds leaves the server alive", async () => {
  await using server = await RunningServer.start({
    "streaming.lodThresholds": [10, 20, 30, 40],
    "streaming.maxLodLevel": 4,
  });
  const tiny = server.app.worlds.create("tiny", { level: 2, depth: 3 });
  paint(tiny, 1, 1, 1, RED);
  await using client = await SocketClient.connect(server.socketUrl);
  const { data } = await client.register(WHOLE_WORLD, { world: "tiny" });
  assertEquals([data!.lod_thresholds, data!.max_lod], [[10, 20, 30], 3]);
  const frame = await waitFor(() => client.frames[0], { what: "the region" });
  assertEquals([frame.header.lod, frame.keys.length], [3, 1]);
});
