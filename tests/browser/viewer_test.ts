import { assert, assertEquals, assertLess } from "@std/assert";
import { parseColor } from "../../src/protocol/mod.ts";
import type { Vec3 } from "../../src/space/mod.ts";
import { importFile } from "../../src/sources/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { RunningServer } from "../integration/running_server.ts";
import { testWith } from "../support/needs.ts";
import { EXTENDED_VOX } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { difference, type Picture } from "./picture.ts";
import { type Match, matchPicture } from "./picture_match.ts";
import { browserNeeds, ViewerBrowser, type ViewerTab } from "./viewer_fixture.ts";
import { Cells } from "./voxel_eye.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

/** Everything at full detail, so that every cell of the file is a cube of the picture. */
const FULL_DETAIL = { "streaming.lodThresholds": [5000, 6000, 7000] };

testWith(
  browserNeeds,
  "two browsers show an imported model in its colours at its place, and an edit through REST changes both pictures",
  async () => {
    await using server = await RunningServer.start(FULL_DETAIL);
    const cells = await importModel(server.app.defaultWorld);
    await using browser = await ViewerBrowser.launch();
    const first = await browser.open(server.url);
    const second = await browser.open(server.url);
    const { low, high } = cells;
    const middle: Vec3 = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2];
    const reach = 0.75 * Math.max(...high.map((at, axis) => at - low[axis]!));
    const eye: Vec3 = [middle[0] + 0.5 * reach, middle[1] + 0.6 * reach, middle[2] + 0.9 * reach];
    for (const tab of [first, second]) {
      await tab.until("regions have come", ({ regions }) => regions > 0);
      await tab.look(eye, middle);
    }
    const before = await shows(first, cells);
    assertLess(difference(before, await shows(second, cells), 2), 0.001);

    const edit = blockOver([Math.floor(middle[0]), high[1], Math.floor(middle[2])], "#ff20d0");
    const response = await fetch(`${server.url}api/worlds/main/voxels`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ voxels: edit }),
    });
    assertEquals(response.status, 200, await response.text());
    for (const { position: [x, y, z], color } of edit) cells.set(x, y, z, parseColor(color)!);
    const after = await shows(first, cells);
    assertLess(0.01, difference(before, after, 30));
    assertLess(difference(after, await shows(second, cells), 2), 0.001);

    const removal = await fetch(`${server.url}api/worlds/main/voxels`, { method: "DELETE" });
    assertEquals(removal.status, 200, await removal.text());
    for (const tab of [first, second]) await tab.until("the world is empty", ({ regions }) => regions === 0);
    assertEquals(browser.complaints, []);
  },
);

/** Waits until the page shows these cells, as an independent eye sees them; returns the picture. */
async function shows(tab: ViewerTab, cells: Cells): Promise<Picture> {
  let match: Match | undefined;
  return await waitFor(async () => {
    const picture = await tab.picture();
    match = matchPicture(picture, cells, await tab.camera());
    assert(match.onCells > 500 && match.onSky > 500, "both model and sky are in view");
    return match.rightCells > 0.97 && match.rightSky > 0.99 && picture;
  }, { what: "the picture of the model", deadlineMs: 60_000, intervalMs: 100 }).catch((error) => {
    throw new Error(`${error.message}, last: ${JSON.stringify(match)}`);
  });
}

/** Imports the small model with many colours; returns what a picture of it must show. */
async function importModel(world: World): Promise<Cells> {
  const { patches } = await importFile(await Deno.readFile(EXTENDED_VOX), {
    grid: world.grid,
    limits: DEFAULT_IMPORT_LIMITS,
  });
  const cells = new Cells();
  for (const patch of patches) {
    world.apply({ kind: "patch", cells: patch });
    patch.colors.forEach((color, i) => {
      const [x, y, z] = patch.positions.subarray(3 * i, 3 * i + 3);
      cells.set(x!, y!, z!, color);
    });
  }
  return cells;
}

function blockOver([x, y, z]: Vec3, color: string): { position: Vec3; color: string }[] {
  return Array.from({ length: 12 ** 3 }, (_, i) => ({
    position: [x - 6 + (i % 12), y + (Math.floor(i / 12) % 12), z - 6 + Math.floor(i / 144)],
    color,
  }));
}
