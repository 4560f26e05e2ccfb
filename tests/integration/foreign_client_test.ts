import { assert, assertEquals } from "@std/assert";
import { type ForeignResult, fromFileUrl, runPython, runTets } from "./foreign_client.ts";
import { regionKey } from "../../src/space/mod.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { EXTENDED_VOX, TREE_VOX } from "../support/real_models.ts";
import { suiteOrProof } from "../support/runs.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, viewportFields, WHOLE_WORLD } from "./running_server.ts";

const python = await needs({ net: "127.0.0.1" }, { read: true }, { command: "python3" });
const node = await needs({ net: "127.0.0.1" }, { read: true }, { command: "node" });

/** Far enough for the whole default world to be at full detail. */
const ALL_FINE = { "streaming.lodThresholds": [10_000, 20_000, 30_000] };

/** Python is slow: 428,739 voxels are for the proof. */
const [largeName, largeFile] = suiteOrProof(["extended.vox", EXTENDED_VOX], ["tree.vox", TREE_VOX]);

for (const [codec, name, file] of [[1, "extended.vox", EXTENDED_VOX], [2, largeName, largeFile]] as const) {
  testWith(python, `a Python client finds exactly the voxels of ${name}, codec ${codec}`, async () => {
    await using server = await RunningServer.start(ALL_FINE);
    const { voxels } = await server.app.importFile(file);
    await built(server);
    const result = await runPython(server, codec, voxels, file);
    assertEquals(result.lods, { "0": voxels });
    assertEquals(result.fingerprint, result.file);
    assertEquals(result.frames, server.app.defaultWorld.regions.size, "each region once");
  });
}

testWith(
  python,
  "a Python client that sees the model from afar gets coarser trees of the same shape",
  async () => {
    await using server = await RunningServer.start({ "streaming.lodThresholds": [1000, 1500, 4000] });
    await server.app.importFile(largeFile);
    await built(server);
    const nodes = coarseNodes(server, 2);
    const result: ForeignResult = await runPython(server, 2, nodes);
    assertEquals(result.lods, { "2": nodes });
  },
);

testWith(
  node,
  "a Node client with the ws package gets every region of extended.vox as the server holds it",
  async () => {
    await using server = await RunningServer.start(ALL_FINE);
    const { voxels } = await server.app.importFile(EXTENDED_VOX);
    await built(server);
    const script = fromFileUrl(new URL("./foreign_client.mjs", import.meta.url));
    const { success, stdout, stderr } = await new Deno.Command(await commandPath("node"), {
      args: [script, server.socketUrl, JSON.stringify(viewportFields(WHOLE_WORLD)), String(voxels)],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const world = server.app.defaultWorld;
    const regions = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, [number, number][]>;
    assertEquals(Object.keys(regions).length, world.regions.size);
    for (const [morton, list] of Object.entries(regions)) {
      const { samples } = world.snapshot(regionKey(4, Number(morton)));
      assertEquals(list, [...samples.keys].map((key, i) => [key, samples.colors[i]!]));
    }
  },
);

testWith(
  python,
  "a Python client finds exactly the tetrahedra that overlap the server's voxels",
  async () => {
    await using server = await RunningServer.start(ALL_FINE);
    const { voxels, regions } = await server.app.importFile(EXTENDED_VOX);
    await built(server);
    for (const codec of [1, 2]) {
      const result = await runTets(server, codec);
      assertEquals([result.voxels, result.regions, result.frames], [voxels, regions, regions]);
      assert(result.tets > voxels);
    }
  },
);

/** Nodes of the world `lod` levels above its voxels, counted from the voxels. */
function coarseNodes(server: RunningServer, lod: number): number {
  let nodes = 0;
  for (const key of server.app.defaultWorld.regions.keys()) {
    const { samples } = server.app.defaultWorld.snapshot(key);
    nodes += new Set(samples.keys.map((cell) => cell >> (3 * lod))).size;
  }
  return nodes;
}

/** Waits until every region is built as it is: before that, clients are sent older builds, too. */
async function built(server: RunningServer): Promise<void> {
  await waitFor(() => server.app.defaultWorld.dirty.size === 0, { what: "the builds" });
}
