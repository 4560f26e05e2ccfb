import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runLoad } from "../../src/cli/load/load.ts";
import type { LoadOptions } from "../../src/cli/load/load_arguments.ts";
import type { LoadReport } from "../../src/cli/load/load_report.ts";
import { systemClock } from "../../src/observe/mod.ts";
import { writeFrameHeader } from "../../src/protocol/frame_header.ts";
import { MemoryIo } from "../support/memory_io.ts";
import { testWith } from "../support/needs.ts";
import { RunningServer, serverNeeds } from "./running_server.ts";

interface Ran {
  readonly code: number;
  readonly report: LoadReport;
  readonly error: string;
}

/** Runs a load, with the report as JSON. */
async function load(options: LoadOptions): Promise<Ran> {
  const io = new MemoryIo();
  const code = await runLoad({ json: "-", ...options }, io, {
    fetch,
    clock: systemClock,
    restTimeoutMs: 1000,
  });
  return { code, report: io.outText === "" ? undefined! : JSON.parse(io.outText), error: io.errorText };
}

/** A world with a few blocks that are not all in one region. */
function fill({ app }: RunningServer): void {
  const put = Array.from({ length: 12 }, (_, i) => ({
    id: `block-${i}`,
    type: "block",
    position: [300 + 40 * i, 100 + 10 * i, 700 - 30 * i] as const,
    size: [40, 40, 40] as const,
    color: 0xff0000ff + i * 256,
  }));
  app.defaultWorld.apply({ kind: "entities", source: "test", put });
}

testWith(
  serverNeeds,
  "a load of 20 clients finds nothing wrong with a server, and leaves the world as it was",
  async () => {
    await using server = await RunningServer.start();
    fill(server);
    const { defaultWorld: world } = server.app;
    const before = [world.entityCount, world.voxelCount];
    const { code, report } = await load({
      url: server.url,
      clients: "20",
      ramp: "100",
      seconds: "2",
      edits: "20",
    });
    assertEquals([code, report.problems, report.ok], [0, [], true]);
    const { asked, opened, refused, lost } = report.connections;
    assertEquals([asked, opened, refused, lost], [20, 20, 0, 0]);
    const { frames, edits, updateToFrame, atRest } = report.numbers as Record<string, Record<string, number>>;
    assert(frames!["total"]! > 20 * 12 && frames!["refinements"]! > 0, JSON.stringify(frames));
    assert(edits!["sent"]! >= 20 && edits!["missingFrames"] === 0, JSON.stringify(edits));
    assert(updateToFrame!["count"]! > 0 && updateToFrame!["p50Ms"]! > 0, JSON.stringify(updateToFrame));
    assert(
      atRest!["compared"]! > 20 && atRest!["behind"] === 0 && atRest!["contents"]! > 0,
      JSON.stringify(atRest),
    );
    assert(report.ledger!["delivered"]! >= frames!["total"]!, JSON.stringify(report.ledger));
    assertEquals([world.entityCount, world.voxelCount], before);
  },
);

testWith(
  serverNeeds,
  "a mixed load has subscribers and heartbeats, too, and works without features",
  async () => {
    await using server = await RunningServer.start();
    fill(server);
    const { code, report } = await load({
      url: server.url,
      workload: "mixed",
      clients: "10",
      ramp: "100",
      seconds: "1",
      features: "none",
      path: "walk",
    });
    assertEquals([code, report.problems], [0, []]);
    const { streams, heartbeat, frames } = report.numbers as Record<string, Record<string, number>>;
    assertEquals(streams!["subscribers"], 2);
    assert(streams!["updates"]! > 2 && heartbeat!["count"]! > 0, JSON.stringify(report.numbers));
    assertEquals([frames!["refinements"], frames!["deltas"], frames!["perMessage"]], [0, 0, 1]);
  },
);

testWith(
  serverNeeds,
  "a load shows its credential everywhere, as a key or in tickets; without one the advice is to give it",
  async () => {
    await using server = await RunningServer.start({
      "security.apiKey": "secret-key-of-the-test",
      "security.trustProxy": ["127.0.0.1"],
    });
    fill(server);
    const few = { url: server.url, clients: "3", ramp: "100", seconds: "1", verify: "1" };
    for (const ticket of [false, true]) {
      const { code, report } = await load({ ...few, key: "secret-key-of-the-test", ticket });
      assertEquals([code, report.problems], [0, []]);
    }
    const stranger = await load(few);
    assertEquals(stranger.code, 1);
    assertStringIncludes(stranger.error, "Give its API key with --key");
  },
);

testWith(
  serverNeeds,
  "clients that a full server refuses are counted by close code, with advice",
  async () => {
    await using server = await RunningServer.start({ "streaming.maxClientsPerServer": 4 });
    fill(server);
    const { code, report } = await load({ url: server.url, clients: "6", ramp: "100", seconds: "1" });
    assertEquals(code, 1);
    assertEquals([report.connections.opened, report.connections.refusedBy], [4, { "4001": 2 }]);
    assertEquals(report.problems.map(({ check }) => check), ["connections refused"]);
    assertStringIncludes(report.problems[0]!.first, "streaming.maxClientsPerServer");
  },
);

testWith(serverNeeds, "why an upgrade is refused is asked of the server while it does that", async () => {
  await using server = await RunningServer.start({
    "security.apiKey": "secret-key-of-the-test",
    "security.trustProxy": ["127.0.0.1"],
    "limits.maxClientsPerAddress": 2,
  });
  fill(server);
  const key = "secret-key-of-the-test";
  const { code, report } = await load({ url: server.url, key, clients: "4", ramp: "20", seconds: "1" });
  assertEquals([code, report.connections.opened, report.connections.refused], [1, 2, 2]);
  assertStringIncludes(report.problems[0]!.first, "refuses: ");
  assertStringIncludes(report.problems[0]!.first, "address");
});

testWith(
  serverNeeds,
  "clients that a busy server puts off come again when it says, and are no problem",
  async () => {
    // Each new client finds the memory too high.
    await using server = await RunningServer.start({
      "limits.maxMemoryBytes": 2 ** 26,
      "limits.pacedAcceptsPerSecond": 2,
    });
    fill(server);
    const { code, report } = await load({ url: server.url, clients: "6", ramp: "100", seconds: "1" });
    assertEquals([code, report.problems], [0, []]);
    const { asked, opened, putOff, refused } = report.connections;
    assertEquals([asked, opened, refused], [6, 6, 0]);
    assert(putOff >= 4, `${putOff}`);
  },
);

testWith(serverNeeds, "a server that cannot be reached is said in words", async () => {
  const { code, error } = await load({ url: "ws://127.0.0.1:9", clients: "1", seconds: "1" });
  assertEquals(code, 1);
  assertStringIncludes(error, "Cannot reach a server at http://127.0.0.1:9");
});

/** What a server does that is no better than its word. */
interface Lies {
  /** Version and level of detail of the frame that every client is sent. */
  readonly version: number;
  readonly lod: number;
  /** Whether the header names a region that the world cannot have. */
  readonly isMisplaced?: boolean;
}

/** A server that takes clients in and sends each one frame; its list has region 1/0 at version 2. */
function lyingServer({ version, lod, isMisplaced = false }: Lies): Deno.HttpServer<Deno.NetAddr> {
  const bounds = { min: [0, 0, 0], max: [16, 16, 16] };
  const world = { epoch: 1, bounds, level: 1, depth: 3, kind: "esvo" };
  const frame = new Uint8Array(24);
  writeFrameHeader(frame, {
    format: 1,
    lod,
    level: isMisplaced ? 2 : 1,
    codec: 2,
    flags: 0,
    morton: 0,
    version,
    payloadBytes: 0,
  });
  const answer = (path: string): unknown => {
    if (path.endsWith("/regions")) return { ...world, regions: [{ key: "1/0", version: 2, lod: 0 }] };
    if (path === "/ws/stats") {
      return { ledger: { owed: 1, delivered: 1, superseded: 0, left_view: 0, pending: 0, dropped: {} } };
    }
    return { ...world, voxels: 1, entities: 0, content_bounds: bounds };
  };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (request.headers.get("upgrade") !== "websocket") {
      return Response.json(answer(new URL(request.url).pathname));
    }
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "voxcast" });
    socket.onmessage = ({ data }) => {
      if (!String(data).includes("REGISTER_CLIENT")) return;
      socket.send(JSON.stringify({ type: "REGISTERED", data: { ...world, features: [] } }));
      socket.send(frame);
    };
    return response;
  });
}

async function loadOfLies(lies: Lies): Promise<Ran> {
  const server = lyingServer(lies);
  const url = `ws://127.0.0.1:${server.addr.port}`;
  const few = { clients: "2", ramp: "100", seconds: "1", edits: "0", path: "still", verify: "0" };
  const ran = await load({ url, ...few });
  await server.shutdown();
  return ran;
}

testWith(serverNeeds, "a server that sends what it lists has no problem", async () => {
  const { code, report } = await loadOfLies({ version: 2, lod: 0 });
  assertEquals([code, report.problems], [0, []]);
});

testWith(serverNeeds, "a server that sends a wrong header fails the load", async () => {
  const { code, report } = await loadOfLies({ version: 2, lod: 0, isMisplaced: true });
  assertEquals(code, 1);
  const problem = report.problems.find(({ check }) => check === "headers");
  assertEquals(problem?.count, 2);
  assertStringIncludes(problem!.first, "its level is 2, the world's 1");
});

testWith(serverNeeds, "a server that keeps a version back fails the load", async () => {
  const { code, report } = await loadOfLies({ version: 1, lod: 0 });
  assertEquals(code, 1);
  assertEquals(report.problems.map(({ check, count }) => [check, count]), [["regions at the end", 2]]);
  assertStringIncludes(report.problems[0]!.first, "client 0 sees region 1/0, version 2, and holds version 1");
});
