import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "./foreign_client.ts";
import { formatHash } from "../../src/tree/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { needs, testWith } from "../support/needs.ts";
import { EXTENDED_VOX, TREE_VOX } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { RunningServer, WHOLE_WORLD } from "./running_server.ts";
import { SocketClient } from "./socket_client.ts";

const need = await needs({ net: "127.0.0.1" }, { read: true }, { write: "tmp" }, { run: "deno" });
const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** Runs the command line with the permissions of the task `voxcast`. */
async function voxcast(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-read", "--allow-env=VOXCAST_*", MAIN, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
}

function hashes(world: World): string[] {
  return [...world.regions.values()].map(({ key, hash }) => `${key} ${formatHash(hash)}`).sort();
}

testWith(
  need,
  "voxcast import brings a model into a running server, as serve FILE does, and clients see it",
  async () => {
    await using server = await RunningServer.start({ "streaming.lodThresholds": [10_000, 20_000, 30_000] });
    const { voxels } = await server.app.importFile(TREE_VOX);
    await using client = await SocketClient.connect(server.socketUrl);
    const { code, out, error } = await voxcast(
      "import",
      TREE_VOX,
      "--world",
      "forest",
      "--server",
      server.url,
    );
    assertEquals(code, 0, error);
    assertStringIncludes(out, "804,872");
    assertStringIncludes(out, "768,068");
    const forest = server.app.worlds.get("forest")!;
    assertEquals(hashes(forest), hashes(server.app.defaultWorld));
    await client.register(WHOLE_WORLD, { world: "forest" });
    const received = () => [...client.shown.values()].reduce((sum, frame) => sum + frame.keys.length, 0);
    await waitFor(() => received() === voxels, { what: "the forest", deadlineMs: 30_000 });
  },
);

testWith(need, "a file that is cut is refused with the byte, and the world stays as it was", async () => {
  await using server = await RunningServer.start();
  await server.app.importFile(EXTENDED_VOX);
  const before = hashes(server.app.defaultWorld);
  const cut = await Deno.makeTempFile({ suffix: ".vox" });
  const bytes = await Deno.readFile(TREE_VOX);
  await Deno.writeFile(cut, bytes.subarray(0, bytes.length / 2));
  const { code, error } = await voxcast("import", cut, "--server", server.url);
  const anew = await voxcast("import", cut, "--world", "anew", "--server", server.url);
  await Deno.remove(cut);
  for (const run of [{ code, error }, anew]) {
    assertEquals(run.code, 1);
    assert(/byte \d+/.test(run.error), run.error);
  }
  assertEquals(hashes(server.app.defaultWorld), before);
  assertEquals(server.app.worlds.get("anew"), undefined, "a world was made for it");
});

testWith(need, "without a server the import says how to start one", async () => {
  const { code, error } = await voxcast("import", EXTENDED_VOX, "--server", "http://127.0.0.1:9");
  assertEquals(code, 1);
  assertStringIncludes(error, "deno task start");
});
