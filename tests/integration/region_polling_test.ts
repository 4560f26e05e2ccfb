import { assert, assertEquals } from "@std/assert";
import { inflateSync } from "node:zlib";
import { decodeFrame, readFrameHeader } from "../../src/protocol/mod.ts";
import type { App } from "../../src/app.ts";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds, WHOLE_WORLD } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

const { eye, lookAt, fovY, aspectRatio } = WHOLE_WORLD;
const CAMERA = `eye=${eye}&look=${lookAt}&fov=${fovY}&aspect=${aspectRatio}&near=1&far=5000`;

interface Listed {
  readonly key: string;
  readonly version: number;
  readonly lod: number;
}

function paint({ defaultWorld }: App, x: number, color: number): void {
  const cells = { positions: Uint32Array.of(x, 500, 500), colors: Uint32Array.of(color) };
  defaultWorld.apply({ kind: "patch", cells });
}

async function list(server: RunningServer): Promise<readonly Listed[]> {
  return (await (await fetch(`${server.url}api/worlds/main/regions?${CAMERA}`)).json()).regions;
}

function fetchRegion(
  server: RunningServer,
  { key, lod }: Pick<Listed, "key" | "lod">,
  query = "",
  init: RequestInit = {},
): Promise<Response> {
  const path = `api/worlds/main/regions/${encodeURIComponent(key)}?lod=${lod}${query}`;
  return fetch(server.url + path, init);
}

testWith(
  serverNeeds,
  "who polls gets what a camera sees, the same frames that a socket is sent",
  async () => {
    await using server = await RunningServer.start();
    for (let x = 300; x < 700; x += 50) paint(server.app, x, 0xff0000ff + x * 256);
    const regions = await list(server);
    assert(regions.length >= 6, JSON.stringify(regions));
    const polled = new Map<number, Uint8Array>();
    for (const region of regions) {
      const bytes = await (await fetchRegion(server, region)).bytes();
      const header = readFrameHeader(bytes);
      assertEquals([header.version, header.lod, header.flags, header.codec], [
        region.version,
        region.lod,
        0,
        2,
      ]);
      polled.set(header.morton, bytes);
    }
    await using client = await SocketClient.connect(server.socketUrl);
    await client.register();
    await waitFor(() => client.shown.size === regions.length, { what: "all regions" });
    for (const [morton, bytes] of polled) {
      const frame = decodeFrame(bytes, (deflated) => new Uint8Array(inflateSync(deflated)));
      const { keys, colors } = client.shown.get(morton)!;
      assertEquals([keys, colors], [frame.keys, frame.colors]);
    }
  },
);

testWith(
  serverNeeds,
  "a region that nobody sees is built for who asks for it, and a long poll learns of a change",
  async () => {
    await using server = await RunningServer.start();
    paint(server.app, 500, 0xff0000ff);
    const [region] = await list(server);
    const first = await fetchRegion(server, region!);
    assertEquals(readFrameHeader(await first.bytes()).version, 1);
    const etag = first.headers.get("etag")!;
    const unchanged = await fetchRegion(server, region!, "", { headers: { "if-none-match": etag } });
    assertEquals([unchanged.status, await unchanged.text()], [304, ""]);
    const poll = fetchRegion(server, region!, "&wait=20", { headers: { "if-none-match": etag } });
    await waitFor(() => isWaited(server.app), { what: "the poll to wait" });
    paint(server.app, 500, 0xff00ff00);
    const news = await poll;
    assertEquals([news.status, readFrameHeader(await news.bytes()).version], [200, 2]);
    assertEquals(isWaited(server.app), false);
  },
);

testWith(serverNeeds, "a client that goes away while it polls is forgotten", async () => {
  await using server = await RunningServer.start();
  paint(server.app, 500, 0xff0000ff);
  const [region] = await list(server);
  const first = await fetchRegion(server, region!);
  await first.body?.cancel();
  const abort = new AbortController();
  const headers = { "if-none-match": first.headers.get("etag")! };
  const poll = fetchRegion(server, region!, "&wait=20", { headers, signal: abort.signal }).catch(() => {});
  await waitFor(() => isWaited(server.app), { what: "the poll to wait" });
  abort.abort();
  await poll;
  await waitFor(() => !isWaited(server.app), { what: "the server to notice" });
});

/** Whether a region is pinned: nobody streams here, so only a poll can do that. */
function isWaited({ status }: App): boolean {
  return status().cache.pinnedCount > 0;
}
