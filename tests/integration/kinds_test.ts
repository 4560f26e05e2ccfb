import { assert, assertEquals } from "@std/assert";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import { regionMorton } from "../../src/space/mod.ts";
import { decodeLevel } from "../../src/tree/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { testWith } from "../support/needs.ts";
import { EXTENDED_VOX } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, serverNeeds, WHOLE_WORLD } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

const FINE = { "streaming.lodThresholds": [10_000, 20_000, 30_000] };
const FORMATS = { esvo: 1, esvt: 2 } as const;

/** Whether the client shows every region as the tree, of that kind, of what the world holds, node by node. */
function shows(client: SocketClient, world: World, kind: "esvo" | "esvt"): boolean {
  const { shown } = client;
  for (const key of world.regions.keys()) {
    const { samples } = world.snapshot(key);
    const frame = shown.get(regionMorton(key));
    if (samples.keys.length === 0) {
      if (frame !== undefined) return false;
      continue;
    }
    const { keys, colors } = kind === "esvo" ? samples : decodeLevel(buildEsvt(samples, world.grid.depth), 0);
    if (frame?.header.format !== FORMATS[kind] || frame.keys.length !== keys.length) return false;
    if (!keys.every((node, i) => frame.keys[i] === node && frame.colors[i] === colors[i])) return false;
  }
  return true;
}

function paint(world: World, color: number): void {
  const positions = Uint32Array.of(500, 20, 500, 501, 20, 500, 63, 64, 65);
  world.apply({ kind: "patch", cells: { positions, colors: new Uint32Array(3).fill(color) } });
}

testWith(
  serverNeeds,
  "an ESVT client gets every region of extended.vox as tetrahedra, an ESVO client beside it as cubes",
  async () => {
    await using server = await RunningServer.start(FINE);
    const world = server.app.defaultWorld;
    await server.app.importFile(EXTENDED_VOX);
    await using tetrees = await SocketClient.connect(server.socketUrl);
    await using octrees = await SocketClient.connect(server.socketUrl);
    assertEquals((await tetrees.register(WHOLE_WORLD, { kind: "esvt" })).data?.kind, "esvt");
    assertEquals((await octrees.register()).data?.kind, "esvo");
    await waitFor(() => shows(tetrees, world, "esvt"), { what: "the tetrahedra" });
    await waitFor(() => shows(octrees, world, "esvo"), { what: "the cubes" });
    paint(world, 0xff0000ff);
    await waitFor(() => shows(tetrees, world, "esvt") && shows(octrees, world, "esvo"), {
      what: "the edit to reach both",
    });
    world.apply({ kind: "clear" });
    await waitFor(() => tetrees.shown.size + octrees.shown.size === 0, { what: "both to be empty" });
    assert(tetrees.frames.every(({ header }) => header.format === 2), "not one frame of the other kind");
    assert(octrees.frames.every(({ header }) => header.format === 1));
    const { kinds } = server.app.status();
    assertEquals([kinds.esvo.framesSent, kinds.esvt.framesSent], [
      octrees.frames.length,
      tetrees.frames.length,
    ]);
    assertEquals([kinds.esvo.clients, kinds.esvt.clients], [1, 1]);
    assertEquals(kinds.esvt.cachedRegions, world.regions.size);
  },
);

testWith(
  serverNeeds,
  "ESVT regions come at the level of detail of their distance, as ESVO ones do",
  async () => {
    await using server = await RunningServer.start({ "streaming.lodThresholds": [1000, 1500, 4000] });
    const world = server.app.defaultWorld;
    await server.app.importFile(EXTENDED_VOX);
    await waitFor(() => world.dirty.size === 0, { what: "the builds" });
    await using client = await SocketClient.connect(server.socketUrl);
    await client.register(WHOLE_WORLD, { kind: "esvt" });
    await waitFor(() => client.shown.size === world.regions.size, { what: "the regions" });
    for (const key of world.regions.keys()) {
      const { header, keys, colors } = client.shown.get(regionMorton(key))!;
      const level = decodeLevel(buildEsvt(world.snapshot(key).samples, world.grid.depth), 2);
      assertEquals([header.lod, [...keys], [...colors]], [2, [...level.keys], [...level.colors]]);
    }
  },
);

testWith(serverNeeds, "a world of kind ESVT is streamed so to clients that name none", async () => {
  await using server = await RunningServer.start({ ...FINE, defaultKind: "esvt" });
  const world = server.app.defaultWorld;
  paint(world, 0xff00ff00);
  await waitFor(() => world.dirty.size === 0, { what: "the builds" });
  assertEquals(server.app.status().kinds.esvo.builds, 0, "what nobody asked for is not built");
  await using client = await SocketClient.connect(server.socketUrl);
  assertEquals((await client.register()).data?.kind, "esvt");
  await waitFor(() => shows(client, world, "esvt"), { what: "the tetrahedra" });
  assertEquals((await client.register(WHOLE_WORLD, { kind: "esvo" })).data?.kind, "esvo");
  await waitFor(() => shows(client, world, "esvo"), { what: "the cubes, after moving to them" });
  const { connections } = await (await fetch(`${server.url}ws/stats`)).json();
  assertEquals([connections[0].kind, connections.length], ["esvo", 1]);
});
