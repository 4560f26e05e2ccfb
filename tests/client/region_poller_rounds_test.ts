import { assert, assertEquals } from "@std/assert";
import { regionKey, regionMorton } from "../../src/space/mod.ts";
import { heldOf } from "../protocol/held.ts";
import { problem, viewFrom } from "./fake_server.ts";
import { FIRST, NEW, OLD, PolledServer } from "./polled_server.ts";

/** Requests for frames of regions that were made, by Morton code. */
function framesAsked(server: PolledServer): number[] {
  return server.requests.splice(0).flatMap((request) => {
    const [, morton] = /\/regions\/4%2F(\d+)\?/.exec(request) ?? [];
    return morton === undefined ? [] : [Number(morton)];
  });
}

Deno.test("a server that waits tells of news within a round trip, and is asked once in 20 s as long as there is none", async () => {
  const server = new PolledServer();
  server.maxPollSec = 30;
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  await server.poll();
  await server.wait(2000);
  server.take();
  await server.wait(15_000);
  assertEquals(server.take(), { lists: [], regions: [] });
  server.served.set(FIRST, { tree: NEW, version: 4, lod: 0 });
  server.change();
  await server.wait(0);
  assertEquals(server.held(FIRST), heldOf(NEW, 0, 4), "without any time between");
  assertEquals(server.take(), { lists: [200], regions: [200] });
  await server.wait(60_000);
  assertEquals(server.take(), { lists: [304, 304], regions: [] });
  server.client.close();
  assertEquals(server.status.isPolling, false);
});

Deno.test("a server is waited for no longer than it grants, and changes that never end make no more than a round an interval", async () => {
  const server = new PolledServer();
  server.maxPollSec = 20;
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  await server.poll();
  await server.wait(2000);
  server.take();
  for (let i = 0; i < 100; i++) {
    server.served.set(FIRST, { tree: OLD, version: 4 + i, lod: 0 });
    server.change();
    await server.wait(100);
  }
  const { lists, regions } = server.take();
  assert(lists.length <= 6 && regions.length >= 4, `${lists} ${regions}`);
  server.client.close();
});

Deno.test("a server with whom too many wait already is asked without waiting", async () => {
  const server = new PolledServer();
  server.maxPollSec = 20;
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  server.trouble = () => /[?&]wait=/.test(server.requests.at(-1)!) ? problem(429, "BUSY") : undefined;
  await server.poll();
  await server.wait(2000);
  server.served.set(FIRST, { tree: NEW, version: 4, lod: 0 });
  await server.wait(2000);
  assertEquals([server.held(FIRST)?.version, server.errors], [4, []]);
  server.client.close();
});

Deno.test("who looks elsewhere, at another world, or needs a region anew is not kept waiting", async () => {
  const server = new PolledServer();
  server.maxPollSec = 20;
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  await server.poll();
  await server.wait(2000);
  server.take();
  server.client.updateViewport(viewFrom(50));
  await server.wait(2000);
  assertEquals(server.viewportsSent.at(-1), viewFrom(50));
  assertEquals(server.take().lists, [200], "and what is the same there is not fetched");
  await server.wait(5000);
  server.client.refetch([FIRST]);
  await server.wait(2000);
  assertEquals(server.take().regions, [200]);
  await server.wait(5000);
  server.requests.splice(0);
  server.client.register({ world: "garden", viewport: viewFrom(50) }).catch(() => {});
  await server.wait(2000);
  assert(server.requests.some((request) => request.startsWith("GET /api/worlds/garden")));
  server.client.close();
});

Deno.test("defect: a camera that always moves gets lists all the same", async () => {
  const server = new PolledServer();
  server.maxPollSec = 20;
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  await server.poll();
  await server.wait(2000);
  server.take();
  const answers = server.http;
  // Each answer takes longer than the camera stands still.
  server.http = async (path, headers) => {
    await new Promise<void>((resolve) => server.clock.setTimeout(resolve, 300));
    return await answers(path, headers);
  };
  for (let i = 0; i < 100; i++) {
    server.client.updateViewport(viewFrom(50 + i));
    await server.wait(100);
  }
  assert(server.viewportsSent.length >= 5, `${server.viewportsSent.length} views`);
  server.client.close();
});

Deno.test("defect: regions that cannot be had hold no others up, and rounds do not overlap", async () => {
  const server = new PolledServer();
  for (let morton = 0; morton < 20; morton++) {
    server.served.set(regionKey(4, morton), { tree: OLD, version: 3, lod: 0 });
  }
  const answers = server.http;
  let atOnce = 0;
  let most = 0;
  server.http = async (path, headers) => {
    const [, morton] = /4%2F(\d+)$/.exec(path) ?? [];
    if (morton === undefined) return await answers(path, headers);
    most = Math.max(most, ++atOnce);
    const isLate = Number(morton) < 6;
    await new Promise<void>((resolve) => server.clock.setTimeout(resolve, isLate ? 5000 : 400));
    atOnce--;
    return isLate ? problem(503, "BUSY", { retry_after_ms: 1000 }) : await answers(path, headers);
  };
  await server.poll();
  await server.wait(30_000);
  const held = [...server.regions.keys].map(regionMorton).sort((a, b) => a - b);
  assertEquals(held, Array.from({ length: 14 }, (_, i) => i + 6));
  assertEquals(most, 4);
  framesAsked(server);
  await server.wait(30_000);
  assertEquals(new Set(framesAsked(server)), new Set([0, 1, 2, 3, 4, 5]), "each of them is tried again");
  server.client.close();
});

Deno.test("defect: servers that do not agree on the epoch are asked once a round", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  const answers = server.http;
  let lists = 0;
  server.http = async (path, headers) => {
    if (path.endsWith("/regions")) {
      if (++lists > 100) return problem(500, "INTERNAL");
      return Response.json({ world: "main", epoch: 7, kind: "esvo", regions: [] });
    }
    return await answers(path, headers);
  };
  await server.poll();
  await server.wait(10_000);
  assert(lists <= 7, `${lists} lists`);
  server.client.close();
});

Deno.test("defect: an answer that breaks off or never ends is given up, and the rounds go on", async () => {
  const server = new PolledServer();
  server.served.set(FIRST, { tree: OLD, version: 3, lod: 0 });
  const answers = server.http;
  server.http = async (path, headers) => {
    if (!/regions\/./.test(path)) return await answers(path, headers);
    const signal = server.signal!;
    const start = (body: ReadableStreamDefaultController) =>
      signal.addEventListener("abort", () => body.error(signal.reason));
    return new Response(new ReadableStream({ start }));
  };
  await server.poll();
  assertEquals(server.held(FIRST), undefined);
  server.http = answers;
  await server.wait(10_000);
  assertEquals(server.errors.map(({ code }) => code), ["UNREACHABLE"]);
  await server.wait(2000);
  assertEquals(server.held(FIRST)?.version, 3);
  server.client.close();
});

Deno.test("defect: no more is asked than is granted, as who goes on would be banned", async () => {
  const server = new PolledServer();
  for (let morton = 0; morton < 200; morton++) {
    server.served.set(regionKey(4, morton), { tree: OLD, version: 3, lod: 0 });
  }
  const answers = server.http;
  let tokens = 60;
  let lastMs = 0;
  let refused = 0;
  server.http = async (path, headers) => {
    if (!path.includes("/regions")) return await answers(path, headers);
    const nowMs = server.clock.monotonic();
    tokens = Math.min(60, tokens + (nowMs - lastMs) / 1000);
    lastMs = nowMs;
    if (tokens < 1) {
      refused++;
      return problem(429, "RATE_LIMITED", { retry_after_ms: 1000 });
    }
    tokens--;
    const response = await answers(path, headers);
    response.headers.set("ratelimit-remaining", String(Math.floor(tokens)));
    response.headers.set("ratelimit-policy", '"regions";q=60;w=60');
    return response;
  };
  await server.poll();
  for (let i = 0; i < 40; i++) await server.wait(6000);
  assertEquals([[...server.regions.keys].length, refused], [200, 0]);
  server.client.close();
});
