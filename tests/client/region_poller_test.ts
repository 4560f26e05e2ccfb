import { assert, assertEquals } from "@std/assert";
import { regionKey, regionMorton } from "../../src/space/mod.ts";
import { heldOf } from "../protocol/held.ts";
import { readKnown } from "../../src/protocol/mod.ts";
import { problem, viewFrom } from "./fake_server.ts";
import { FIRST, NEW, OLD, PolledServer, SECOND } from "./polled_server.ts";
import { full, regionTree } from "./region_frames.ts";

Deno.test("after three sockets in a row that did not open, regions come over HTTP, and the status says so", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  server.served.set(SECOND, { tree: NEW, version: 5, lod: 1 });
  const registered = server.client.register({ viewport: { ...viewFrom(100), heightPx: 480 } });
  server.client.connect().catch(() => {});
  await server.settle();
  await server.refuse();
  await server.refuse();
  assertEquals([server.status.isPolling, server.take().lists], [false, []]);
  await server.refuse();
  await server.wait(0);
  assertEquals([server.status.isPolling, server.status.state], [true, "reconnecting"]);
  assertEquals(server.statuses.at(-1)!.isPolling, true);
  assertEquals([server.held(FIRST), server.held(SECOND)], [heldOf(OLD, 0, 3), heldOf(NEW, 1, 5)]);
  assertEquals((await registered).world, "main");
  assertEquals(server.viewportsSent.length, 1);
  const list = server.requests.find((request) => request.includes("/regions?"));
  assertEquals(
    list,
    "GET /api/worlds/main/regions?eye=100%2C0%2C0&look=0%2C0%2C0&up=0%2C1%2C0&fov=1&aspect=1.5&near=0.5" +
      "&far=5000&kind=esvo&height=480",
  );
  assert(
    server.requests.includes(`GET /api/worlds/main/regions/4%2F${regionMorton(SECOND)}?kind=esvo&lod=1`),
  );
  server.client.close();
  assertEquals([server.clock.pending, server.status.isPolling], [0, false]);
});

Deno.test("what has not changed costs an answer without a body, what has is fetched, what is emptied goes", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  server.served.set(SECOND, { tree: OLD, version: 1, lod: 2 });
  await server.poll();
  server.take();
  await server.wait(2000);
  assertEquals(server.take(), { lists: [304], regions: [] });
  server.served.set(FIRST, { tree: NEW, version: 4, lod: 0 });
  server.served.set(SECOND, { tree: regionTree([]), version: 2, lod: 2 });
  await server.wait(2000);
  assertEquals(server.take(), { lists: [200], regions: [200, 200] });
  assertEquals(server.held(FIRST), heldOf(NEW, 0, 4));
  assertEquals(server.held(SECOND)?.levels, 0);
  server.client.close();
});

Deno.test("defect: an empty region is not fetched again because its frame says LOD 0, whatever LOD is listed", async () => {
  const server = new PolledServer();
  for (let i = 0; i < 8; i++) {
    server.served.set(regionKey(4, i), { tree: regionTree([]), version: 2, lod: i % 4 });
  }
  server.served.set(SECOND, { tree: OLD, version: 3, lod: 1 });
  await server.poll();
  assertEquals(server.take().regions.length, server.served.size);
  for (let round = 0; round < 3; round++) {
    await server.wait(2000);
    assertEquals(server.take(), { lists: [304], regions: [] });
  }
  for (const region of server.served.values()) region.lod++;
  await server.wait(2000);
  assertEquals(server.take(), { lists: [200], regions: [200] }, "nothing is empty in another way from afar");
  assertEquals(server.held(SECOND)?.lod, 2);
  server.client.close();
});

Deno.test("defect: regions that the server has only coarser than listed cost one request a round, and come finer once it has them", async () => {
  const server = new PolledServer();
  const keys = [0, 1, 2].map((morton) => regionKey(4, morton));
  for (const key of keys) server.served.set(key, { tree: NEW, version: 3, lod: 0, floorLod: 2 });
  await server.poll();
  server.take();
  for (let round = 0; round < 4; round++) {
    await server.wait(2000);
    assertEquals(server.take(), { lists: [304], regions: [304] });
  }
  for (const region of server.served.values()) region.lod = 1;
  await server.wait(2000);
  assertEquals(server.take(), { lists: [200], regions: [304, 304, 304] });
  await server.wait(2000);
  assertEquals(server.take(), { lists: [304], regions: [304] });
  for (const last of [keys[2]!, keys[1]!, keys[0]!]) {
    server.served.get(last)!.floorLod = 0;
    for (let round = 0; round < 3; round++) await server.wait(2000);
    assertEquals(server.held(last)?.lod, 1, "each has its turn");
    assertEquals(server.take().lists, [304, 304, 304]);
  }
  assertEquals(keys.map((key) => server.held(key)?.lod), [1, 1, 1]);
  await server.wait(2000);
  assertEquals(server.take(), { lists: [304], regions: [] });
  server.client.close();
});

Deno.test("a camera that moves is told with the next list, and a region that comes back into view is fetched again", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  await server.poll();
  server.served.clear();
  server.client.updateViewport(viewFrom(50));
  await server.wait(2000);
  assertEquals(server.viewportsSent.at(-1), viewFrom(50));
  assert(server.requests.at(-1)!.includes("eye=50%2C0%2C0"));
  server.take();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  await server.wait(2000);
  assertEquals(server.take().regions, [200]);
  server.client.close();
});

Deno.test("a world that has begun anew is held anew", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: NEW, version: 9, lod: 0 });
  await server.poll();
  server.epoch = 2;
  server.served.set(FIRST, { tree: OLD, version: 9, lod: 0 });
  await server.wait(2000);
  assertEquals(server.held(FIRST), heldOf(OLD, 0, 9));
  assertEquals(server.registrations.map(({ epoch, resumed }) => [epoch, resumed]), [[1, false], [2, false]]);
  server.client.close();
});

Deno.test("who registers in another world meanwhile is shown that one, and the default one by no name", async () => {
  const server = new PolledServer();
  const answers = server.http;
  server.http = async (path, headers) => {
    const isGarden = path.startsWith("/api/worlds/garden");
    const response = await answers(path.replace("/garden", "/main"), headers);
    if (!isGarden || response.status !== 200) return response;
    const text = (await response.text()).replaceAll('"main"', '"garden"');
    return new Response(text, { headers: response.headers });
  };
  await server.poll();
  server.client.register({ world: "garden", viewport: viewFrom(100) }).catch(() => {});
  await server.wait(2000);
  server.client.register({ viewport: viewFrom(100) }).catch(() => {});
  await server.wait(2000);
  assertEquals(server.registrations.map(({ world }) => world), ["main", "garden", "main"]);
  server.client.close();
});

Deno.test("sockets are tried all the time, and the first that opens goes on with what was polled", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 1 });
  await server.poll();
  await server.greet();
  await server.regions.known();
  await server.settle();
  const { mortons, versions, lods } = readKnown(server.socket.binaries[0]!.bytes);
  assertEquals([[...mortons], [...versions], [...lods]], [[regionMorton(FIRST)], [3], [1]]);
  await server.accept(1);
  assertEquals([server.status.state, server.status.isPolling], ["connected", false]);
  assertEquals([server.registrations.at(-1)!.resumed, server.held(FIRST)?.version], [true, 3]);
  server.take();
  await server.wait(20_000);
  assertEquals(server.take().lists, []);
  server.client.close();
});

Deno.test("sockets that open and are lost, refusals and a server that is not there are no reason to poll", async () => {
  const lost = new PolledServer();
  await lost.goLive();
  for (let i = 0; i < 5; i++) {
    lost.socket.closes(1006);
    await lost.wait(Math.max(0, lost.status.retryAtMs! - lost.clock.now()));
    await lost.greet();
  }
  assertEquals(lost.take().lists, []);
  for (const refusals of [2, 2]) {
    for (let i = 0; i < refusals; i++) await lost.refuse();
    await lost.greet();
    lost.socket.closes(1006);
    await lost.wait(Math.max(0, lost.status.retryAtMs! - lost.clock.now()));
  }
  assertEquals(lost.take().lists, [], "only those count that failed in a row");
  lost.client.close();
  for (
    const http of [
      () => Promise.reject(new TypeError("nobody there")),
      () => Promise.resolve(problem(503, "SERVER_FULL", { retryable: true })),
    ]
  ) {
    const server = new PolledServer({ random: () => 0.999 });
    server.http = http;
    server.client.register({ viewport: viewFrom(100) }).catch(() => {});
    server.client.connect().catch(() => {});
    await server.settle();
    for (let i = 0; i < 6; i++) {
      await server.refuse();
      // The server is asked why at most once in 10 s.
      await server.wait(0);
    }
    assertEquals(server.requests.filter((request) => request.includes("/api/")), []);
    server.client.close();
  }
});

Deno.test("a pause that the server asks for is kept, a region that is gone holds nothing up, and the rest comes later", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  server.served.set(SECOND, { tree: OLD, version: 3, lod: 0 });
  server.trouble = (path) =>
    /regions\/.+$/.test(path)
      ? path.endsWith(`%2F${regionMorton(FIRST)}`)
        ? problem(404, "NOT_FOUND")
        : problem(429, "RATE_LIMITED", { retry_after_ms: 7000 })
      : undefined;
  await server.poll();
  assertEquals(server.errors.map(({ code }) => code), ["RATE_LIMITED"]);
  server.trouble = undefined;
  server.take();
  await server.wait(6000);
  assertEquals(server.take(), { lists: [304], regions: [200, 200] });
  assertEquals(server.listedAtMs[1]! - server.listedAtMs[0]!, 7000);
  assertEquals([server.held(FIRST)?.version, server.held(SECOND)?.version], [3, 3]);
  server.client.close();
});

Deno.test("a frame over HTTP that cannot be applied is fetched again in a later round", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  server.trouble = (path) => {
    if (!/regions\/.+$/.test(path)) return undefined;
    const damaged = full(regionMorton(FIRST), OLD, 3);
    damaged[40]! ^= 0xff;
    return new Response(damaged);
  };
  await server.poll();
  assertEquals(server.held(FIRST), undefined);
  server.trouble = undefined;
  await server.wait(2000);
  await server.wait(2000);
  assertEquals(server.held(FIRST), heldOf(OLD, 0, 3));
  server.client.close();
});

Deno.test("a server that cannot be reached over HTTP either is not called polled", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  const answers = server.http;
  await server.poll();
  server.http = () => Promise.reject(new TypeError("nobody there"));
  await server.wait(2000);
  assertEquals([server.status.isPolling, server.statuses.at(-1)!.isPolling], [false, false]);
  assertEquals(server.errors.at(-1)?.code, "UNREACHABLE");
  server.http = answers;
  await server.wait(2000);
  assertEquals(server.status.isPolling, true);
  server.client.close();
});

Deno.test("the credential goes with each request, and polling can be switched off", async () => {
  const server = new PolledServer({ credential: { apiKey: "k1" }, signIn: "message" });
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  await server.poll();
  const asked = server.requests.filter((request) => request.includes("/regions"));
  assertEquals(asked.length, 3, "two lists, and a region");
  assert(asked.every((request) => request.endsWith(" Bearer k1")));
  server.client.close();
  const off = new PolledServer({ pollAfterFailures: Infinity });
  await off.poll();
  assertEquals([off.take().lists, off.status.isPolling], [[], false]);
  off.client.close();
});
