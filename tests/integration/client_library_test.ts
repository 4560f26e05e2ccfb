import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BatchQueue,
  ClientError,
  decodeFrameAsync,
  type Greeting,
  VoxcastClient,
  type VoxcastClientOptions,
} from "../../src/client/mod.ts";
import { seededRandom } from "../../src/observe/mod.ts";
import { newKey, signToken, writeKeysFile } from "../../src/security/mod.ts";
import { AheadClock } from "../support/ahead_clock.ts";
import { needs, testWith } from "../support/needs.ts";
import { EXTENDED_VOX } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds, WHOLE_WORLD } from "./running_server.ts";

const KEY = "open-sesame-0123456789";
const WITH_KEY = { "security.apiKey": KEY, "security.trustProxy": ["127.0.0.1"] };
const writable = await needs({ net: "127.0.0.1" }, { read: true }, { write: "tmp" });

/** A client that is closed at the end, and whose sockets can be cut. */
class TestClient implements Disposable {
  readonly client: VoxcastClient;
  readonly errors: ClientError[] = [];
  readonly greetings: Greeting[] = [];
  readonly #sockets: WebSocket[] = [];

  constructor(options: VoxcastClientOptions) {
    const sockets = this.#sockets;
    this.client = new VoxcastClient({
      // Comes back in a moment: what is tested is that it does.
      minBackoffMs: 20,
      WebSocket: class extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols);
          sockets.push(this);
        }
      },
      ...options,
    });
    this.client.on("error", (error) => this.errors.push(error));
    this.client.on("greeted", (greeting) => this.greetings.push(greeting));
  }

  /** Addresses and subprotocols of all connections. */
  get shown(): string[] {
    return this.#sockets.map(({ url, protocol }) => `${url} ${protocol}`);
  }

  /** Ends the connection as the network would. */
  cut(): void {
    this.#sockets.at(-1)!.close();
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

testWith(serverNeeds, "a client sees every voxel of a world, and what is changed later", async () => {
  await using server = await RunningServer.start({ "streaming.lodThresholds": [10_000, 20_000, 30_000] });
  const { voxels } = await server.app.importFile(EXTENDED_VOX);
  using viewer = new TestClient({ url: server.url });
  const { client } = viewer;
  const held = new Map<number, number>();
  client.on("frame", async (bytes) => {
    const { header, keys } = await decodeFrameAsync(new Uint8Array(bytes));
    held.set(header.morton, keys.length);
  });
  await client.connect();
  const { world, limits } = await client.register({ viewport: WHOLE_WORLD });
  assertEquals([world, client.greeting?.authRequired], ["main", false]);
  assert(limits.max_message_bytes! > 0);
  const count = () => [...held.values()].reduce((sum, part) => sum + part, 0);
  await waitFor(() => count() === voxels, { what: "all voxels" });

  const edits = new BatchQueue<{ position: readonly number[]; color: string; cell: string }>({
    keyField: "cell",
    flush: async (batch) => {
      const response = await fetch(`${server.url}api/worlds/main/voxels`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ voxels: batch.map(({ position, color }) => ({ position, color })) }),
      });
      assertEquals(response.status, 200, await response.text());
    },
  });
  for (let i = 0; i < 120; i++) {
    const position = [1000 + (i % 10), 900, 1000 + Math.floor((i % 60) / 10)];
    edits.push({ position, color: "#ff8800", cell: position.join() });
  }
  await edits.flush();
  assertEquals(edits.metrics.sent + edits.metrics.replaced, 120);
  await waitFor(() => count() === voxels + 60, { what: "the edits" });
  assertEquals(viewer.errors, []);
});

testWith(
  serverNeeds,
  "feature streams in-band: signed key, everything compressed, the end acknowledged",
  async () => {
    await using server = await RunningServer.start({
      ...WITH_KEY,
      "session.gzipJsonBytes": 1,
      "session.ackRetryMs": 50,
      "session.ackTimeoutMs": 60,
    });
    using watcher = new TestClient({
      url: server.url,
      profile: "stream_features",
      credential: { apiKey: KEY, sign: true },
    });
    const { client } = watcher;
    const resyncs: string[] = [];
    client.on("resync", ({ id }) => resyncs.push(id));
    const sequences: number[] = [];
    const ends: string[] = [];
    // Before there is a connection, on purpose: it waits.
    const subscribed = client.subscribe({
      streamType: "stream_features",
      streamId: "numbers",
      params: { update_interval_ms: 10, max_updates: 5 },
      onUpdate: ({ sequence }) => sequences.push(sequence),
      onEnd: ({ reason }) => ends.push(reason),
    });
    await client.connect();
    assertEquals((await subscribed).world, "main");
    assertEquals([client.greeting?.gzip, client.greeting?.ack], [true, true]);
    await waitFor(() => ends.length === 1, { what: "the end of the stream" });
    assertEquals([sequences, ends], [[1, 2, 3, 4, 5], ["max_updates"]]);
    assert(await client.ping() >= 0);

    const refused = client.subscribe({ streamType: "regions", streamId: "r", onUpdate: () => {} });
    const error = await assertRejects(() => refused, ClientError);
    assert(error.number > 10_000 && error.ref !== undefined, error.code);
    let updates = 0;
    await client.subscribe({ streamType: "stream_features", streamId: "more", onUpdate: () => updates++ });
    await waitFor(() => updates > 1, { what: "updates" });
    await client.unsubscribe("more");
    const atEnd = updates;
    await client.ping();
    assertEquals([updates, resyncs], [atEnd, []]);
    assertEquals(watcher.errors, []);
  },
);

testWith(
  serverNeeds,
  "a key opens the render socket by a ticket, and a wrong one is told at once",
  async () => {
    await using server = await RunningServer.start(WITH_KEY);
    using viewer = new TestClient({ url: server.url, credential: { apiKey: KEY } });
    await viewer.client.connect();
    await viewer.client.register({ viewport: WHOLE_WORLD });
    assertEquals(viewer.client.greeting?.authenticated, true);
    assertEquals(viewer.shown, [`${server.socketUrl} voxcast`]);

    using wrong = new TestClient({ url: server.url, credential: { apiKey: "wrong-key-0123" } });
    const refused = await assertRejects(() => wrong.client.connect(), ClientError);
    assertEquals([refused.code, wrong.client.status.state], ["UNAUTHORIZED", "failed"]);
    using nobody = new TestClient({ url: server.url });
    await assertRejects(() => nobody.client.connect(), ClientError);
    assertEquals([nobody.client.status.state, nobody.client.status.error?.category], ["failed", "auth"]);
  },
);

testWith(
  serverNeeds,
  "a client that finds no place learns why from the socket's address, whatever it signs in with",
  async () => {
    await using server = await RunningServer.start({ ...WITH_KEY, "limits.maxClientsPerAddress": 1 });
    const credential = { apiKey: KEY };
    using first = new TestClient({ url: server.url, credential });
    await first.client.connect();
    const others: VoxcastClientOptions[] = [
      { url: server.url, credential },
      { url: server.url, credential, profile: "heartbeat" },
      { url: server.url, credential: { apiKey: KEY, sign: true }, profile: "stream_features" },
    ];
    for (const options of others) {
      using second = new TestClient(options);
      second.client.connect().catch(() => {});
      const error = await waitFor(() => second.client.status.error, { what: "the refusal" });
      assertEquals([error.code, second.client.status.state], ["ADDRESS_LIMIT", "reconnecting"]);
    }
  },
);

testWith(writable, "a key that signs, never sent, opens both profiles", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const random = seededRandom(1);
    const { stored } = newKey({ id: "backup", role: "viewer", worlds: "all", signing: true }, {
      clock: { now: () => Date.now() },
      random,
    });
    await writeKeysFile(`${folder}/keys.json`, [stored]);
    await using server = await RunningServer.start({
      "security.keysFile": `${folder}/keys.json`,
      "security.trustProxy": ["127.0.0.1"],
    });
    const credential = { keyId: "backup", secret: stored.signingSecret! };
    using viewer = new TestClient({ url: server.url, credential });
    await viewer.client.connect();
    await viewer.client.register({ viewport: WHOLE_WORLD });
    using watcher = new TestClient({ url: server.url, credential, profile: "heartbeat" });
    const principals: string[] = [];
    watcher.client.on("signedIn", ({ principal }) => principals.push(principal));
    await watcher.client.connect();
    assertEquals(principals, ["key:backup"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testWith(serverNeeds, "a token is renewed in-band, and the connection outlives the first one", async () => {
  const secret = "a secret of more than thirty-two characters";
  const clock = new AheadClock();
  await using server = await RunningServer.start({
    "security.jwtSecret": secret,
    "security.jwtIssuer": "tests",
    "security.jwtAudience": "voxcast",
    "security.jwtLeewaySec": 0,
    "security.trustProxy": ["127.0.0.1"],
  }, clock);
  let given = 0;
  const token = () =>
    signToken(secret, {
      subject: "alice",
      role: "viewer",
      worlds: "all",
      issuer: "tests",
      audience: "voxcast",
      issuedAtMs: Date.now(),
      ttlSec: ++given === 1 ? 2 : 600,
    });
  using viewer = new TestClient({ url: server.url, credential: async () => ({ token: await token() }) });
  const left: (number | undefined)[] = [];
  viewer.client.on("signedIn", ({ expiresInMs }) => left.push(expiresInMs));
  await viewer.client.connect();
  await waitFor(() => left.length === 1, { what: "the renewal" });
  assert(left[0]! > 500_000);
  clock.skip(2500);
  await viewer.client.ping();
  assertEquals([viewer.greetings.length, given], [1, 2]);
});

testWith(
  serverNeeds,
  "a cut connection comes back to its session, world and streams, with what was said meanwhile",
  async () => {
    await using server = await RunningServer.start();
    using viewer = new TestClient({ url: server.url });
    const { client } = viewer;
    let registrations = 0;
    let updates = 0;
    const states: string[] = [];
    client.on("registered", () => registrations++);
    client.on("status", ({ state }) => states.push(state));
    await client.connect();
    await client.register({ viewport: WHOLE_WORLD });
    await client.subscribe({ streamType: "stream_features", streamId: "numbers", onUpdate: () => updates++ });
    viewer.cut();
    // It may be back before anybody has looked.
    await waitFor(() => states.includes("reconnecting"), { what: "the loss" });
    const before = updates;
    assert(await client.ping() > 0, "asked without a connection");
    await waitFor(() => updates > before, { what: "updates of the new connection" });
    assertEquals(registrations, 2);
    const [first, second] = viewer.greetings;
    assertEquals(second?.session, first?.session);
    assertEquals(viewer.errors, []);
  },
);

testWith(serverNeeds, "a server that restarts is found again", async () => {
  const first = await RunningServer.start();
  const { port } = new URL(first.url);
  using viewer = new TestClient({ url: first.url });
  const epochs: number[] = [];
  viewer.client.on("registered", ({ epoch }) => epochs.push(epoch));
  await viewer.client.connect();
  await viewer.client.register({ viewport: WHOLE_WORLD });
  await first[Symbol.asyncDispose]();
  await waitFor(() => viewer.client.status.state === "reconnecting", { what: "the loss" });
  await using second = await RunningServer.start({ port: Number(port) });
  assertEquals(second.url, first.url);
  await waitFor(() => epochs.length === 2, { what: "the second registration" });
  assertEquals(viewer.client.status.state, "connected");
});
