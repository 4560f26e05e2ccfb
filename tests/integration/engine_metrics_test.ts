import { assert, assertEquals, assertMatch } from "@std/assert";
import type { App } from "../../src/app.ts";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds, viewportFields, WHOLE_WORLD } from "./running_server.ts";

/** A block of `size` cells in one region, each of its own colour, or with one cell of another one. */
function paint({ defaultWorld }: App, size: number, odd = 0): void {
  const count = size ** 3;
  const positions = new Uint32Array(count * 3);
  const colors = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    positions.set(
      [512 + i % size, 512 + Math.floor(i / size) % size, 512 + Math.floor(i / size ** 2)],
      i * 3,
    );
    colors[i] = Math.imul(i + 1, 0x9e3779b1) >>> 0 | 0xff;
  }
  if (odd > 0) colors[0] = odd;
  defaultWorld.apply({ kind: "patch", cells: { positions, colors } });
}

testWith(
  serverNeeds,
  "metrics show frames by what they bring, messages by why they leave, builds, waits and buffers",
  async () => {
    await using server = await RunningServer.start({
      "streaming.lodThresholds": [10_000, 20_000, 30_000],
    });
    paint(server.app, 16);
    const socket = new WebSocket(server.socketUrl);
    socket.binaryType = "arraybuffer";
    await new Promise((resolve) => socket.onopen = resolve);
    const features = ["bundles", "parts", "refinements", "deltas"];
    const viewport = viewportFields(WHOLE_WORLD);
    socket.send(JSON.stringify({ type: "REGISTER_CLIENT", clientId: "test", features, viewport }));
    const frames = () => server.app.status().bulk.frames;
    await waitFor(() => frames().refinement > 0 && server.app.status().ledger.pending === 0, {
      what: "the region in full",
    });
    assertEquals(frames(), { full: 1, refinement: 1, delta: 0 });
    paint(server.app, 16, 0x123456ff);
    await waitFor(() => frames().delta > 0, { what: "the change" });
    const metrics = await (await fetch(`${server.url}api/metrics?format=json`)).json();
    const { bulk, builder, cache, backpressure, ledger } = metrics;
    assertEquals(bulk.frames, { full: 1, refinement: 1, delta: 1 });
    const messages = Object.values(bulk.messages as Record<string, number>).reduce(
      (sum, count) => sum + count,
      0,
    );
    assertEquals([bulk.buffersLent, bulk.sendFailures, bulk.batchSize], [
      0,
      0,
      Number((3 / messages).toFixed(2)),
    ]);
    assert(builder.totalBuilds >= 2 && builder.avgWaitMs > 0 && builder.maxWaitMs >= builder.avgWaitMs);
    assertEquals([builder.retries, builder.openBreakers, builder.refusals], [0, 0, 0]);
    assert(cache.demandBytes > 0 && cache.heldLod === 0 && cache.oversized === 0, JSON.stringify(cache));
    assertEquals(backpressure.slowClients, 0);
    assertEquals(ledger.delivered, 3);
    const text = await (await fetch(`${server.url}api/metrics?format=prometheus`)).text();
    assertMatch(text, /^voxcast_build_wait_ms_count [1-9]/m);
    assertMatch(text, /^voxcast_build_time_ms_count [1-9]/m);
    assertMatch(text, /^voxcast_bulk_frames_total\{reason="delta"\} 1$/m);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  },
);
