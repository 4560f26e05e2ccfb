import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { type Backpressure, type Registration, VoxcastClient, WorldRegions } from "../../src/client/mod.ts";
import { regionKey } from "../../src/space/mod.ts";
import { hashSamples, sameHash } from "../../src/tree/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { CutProxy } from "../support/cut_proxy.ts";
import { raiseHills } from "../support/hills.ts";
import { testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds, WHOLE_WORLD } from "./running_server.ts";

const FULL_DETAIL = { "streaming.lodThresholds": [5000, 6000, 7000] };

/** A client with its own regions, and what it was told. */
class Holder implements Disposable {
  readonly regions: WorldRegions;
  readonly client: VoxcastClient;
  readonly registrations: Registration[] = [];
  readonly pressures: Backpressure[] = [];
  readonly problems: string[] = [];
  receivedBytes = 0;
  /** LODs at which regions were held, one after the other. */
  readonly lods: number[] = [];

  constructor(url: string) {
    const regions = this.regions = new WorldRegions({
      onRegion: (_key, { lod }) => this.lods.push(lod),
      onProblem: ({ message }) => this.problems.push(message),
    });
    this.client = new VoxcastClient({ url, regions, minBackoffMs: 20, pollIntervalMs: 50 });
    this.client.on("registered", (registration) => this.registrations.push(registration));
    this.client.on("frame", ({ byteLength }) => this.receivedBytes += byteLength);
    this.client.on("backpressure", (pressure) => this.pressures.push(pressure));
  }

  /** Whether this holds all of a world, voxel by voxel. */
  equals(world: World): boolean {
    for (const [key, { hash, voxels }] of world.regions) {
      const held = this.regions.held(key);
      if (held === undefined || held.lod !== 0 && voxels > 0 || !sameHash(hashSamples(held), hash)) {
        return false;
      }
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

/** A block of 4^3 cells at a place that depends on the step. */
function moveBlock(world: World, step: number): void {
  const positions = Uint32Array.from({ length: 3 * 64 }, (_, i) => {
    const cell = Math.floor(i / 3);
    return [400 + 7 * step + (cell & 3), 60 + ((cell >> 2) & 3), 450 + (cell >> 4)][i % 3]!;
  });
  world.apply({ kind: "patch", cells: { positions, colors: new Uint32Array(64).fill(0xff20d0ff - step) } });
}

testWith(
  serverNeeds,
  "a client's own regions equal the server's voxels through edits and cut connections, and a resume sends next to nothing",
  async () => {
    await using server = await RunningServer.start(FULL_DETAIL);
    const world = server.app.defaultWorld;
    raiseHills(world);
    await using proxy = new CutProxy(server.url);
    using holder = new Holder(proxy.url);
    const { client, registrations } = holder;
    const equals = () => waitFor(() => holder.equals(world), { what: "the client to hold the world" });
    client.register({ viewport: WHOLE_WORLD }).catch(() => {});
    await client.connect();
    await equals();
    assertEquals(registrations[0]!.features, ["bundles", "parts", "refinements", "deltas", "flow"]);
    assertGreater(holder.lods[0]!, 0, "the first of it was coarse");
    const coldBytes = holder.receivedBytes;

    proxy.cut();
    await waitFor(() => registrations.length === 2, { what: "the second registration" });
    assertEquals(registrations[1]!.resumed, true);
    const before = holder.receivedBytes;
    moveBlock(world, 0);
    await equals();
    assertLess(holder.receivedBytes - before, coldBytes / 20, "only what has changed was sent");

    for (let step = 1; step <= 12; step++) {
      moveBlock(world, step);
      if (step % 4 === 0) {
        proxy.cut();
        moveBlock(world, step + 20);
      }
      await equals();
    }
    assert(registrations.slice(1).every(({ resumed }) => resumed));
    assertEquals(holder.problems, []);
    world.apply({ kind: "clear" });
    await equals();
  },
);

testWith(serverNeeds, "regions that are asked for again come in full, and are as they were", async () => {
  await using server = await RunningServer.start(FULL_DETAIL);
  raiseHills(server.app.defaultWorld);
  using holder = new Holder(server.url);
  const { client, regions } = holder;
  client.register({ viewport: WHOLE_WORLD }).catch(() => {});
  await client.connect();
  const equals = () => holder.equals(server.app.defaultWorld);
  await waitFor(equals, { what: "the client to hold the world" });
  const verified: unknown[] = [];
  client.on("verified", (news) => verified.push(news));
  const keys = [...regions.keys].slice(0, 5);
  const before = holder.receivedBytes;
  client.refetch([...keys, regionKey(4, 4095)]);
  await waitFor(() => verified.length === 1, { what: "the server's answer" });
  assertEquals(verified, [{ checked: 6, wrong: 5 }], "what nobody sees is not sent");
  await waitFor(() => holder.receivedBytes > before, { what: "the regions" });
  await waitFor(equals, { what: "the client to hold the world again" });
  assertEquals(holder.problems, []);
});

testWith(
  serverNeeds,
  "without WebSockets the same regions come over HTTP, and a socket goes on from there",
  async () => {
    await using server = await RunningServer.start(FULL_DETAIL);
    const world = server.app.defaultWorld;
    raiseHills(world);
    await using proxy = new CutProxy(server.url);
    proxy.refusesUpgrades = true;
    using holder = new Holder(proxy.url);
    const { client, registrations } = holder;
    client.register({ viewport: WHOLE_WORLD }).catch(() => {});
    client.connect().catch(() => {});
    const equals = () => waitFor(() => holder.equals(world), { what: "the client to hold the world" });
    await equals();
    assertEquals([client.status.state, client.status.isPolling], ["reconnecting", true]);
    moveBlock(world, 3);
    await equals();
    const before = holder.receivedBytes;
    proxy.refusesUpgrades = false;
    await waitFor(() => client.status.state === "connected", { what: "a socket" });
    assertEquals([registrations.length, registrations.at(-1)!.resumed], [2, true]);
    moveBlock(world, 4);
    await equals();
    assertLess(holder.receivedBytes - before, before / 20, "only what has changed was sent");
    assertEquals(holder.problems, []);
  },
);
