import { assert, assertEquals, assertRejects } from "@std/assert";
import { ImportError, importFile, importModel, type ImportProgress } from "../../src/sources/mod.ts";
import { createGrid } from "../../src/space/mod.ts";
import { EXTENDED_VOX, modelNeeds, TREE_VOX } from "../support/real_models.ts";
import { plyFile, points } from "./ply_writer.ts";
import { testWith } from "../support/needs.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

const GRID = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, 4, 6);

testWith(modelNeeds, "a Worker imports extended.vox as the same code does on this thread", async () => {
  const bytes = await Deno.readFile(EXTENDED_VOX);
  const { bounds, level, depth } = GRID;
  const here = await importModel({ bytes, bounds, level, depth, limits: DEFAULT_IMPORT_LIMITS });
  const there = await importFile(bytes.slice(), { grid: GRID, limits: DEFAULT_IMPORT_LIMITS });
  assertEquals(there, here);
  assertEquals(there.summary, {
    format: "vox",
    version: "150",
    pointsIn: 4854,
    voxels: 4854,
    regions: 3,
    bounds: { min: [457, 0, 471], max: [566, 40, 553] },
    resolution: 109,
    dropped: [],
    models: 6,
    colors: 5,
  });
});

testWith(
  modelNeeds,
  "tree.vox comes in patches of at most 65,536 cells, each within few regions",
  async () => {
    const { patches, summary } = await importFile(await Deno.readFile(TREE_VOX), {
      grid: GRID,
      limits: DEFAULT_IMPORT_LIMITS,
    });
    assertEquals([summary.pointsIn, summary.voxels, summary.models], [804_872, 768_068, 3]);
    assertEquals(patches.reduce((sum, { colors }) => sum + colors.length, 0), summary.voxels);
    for (const { positions, colors } of patches) {
      assert(colors.length <= 65_536);
      const regions = new Set<number>();
      for (let i = 0; i < positions.length; i += 3) {
        regions.add((positions[i]! >> 6) | ((positions[i + 1]! >> 6) << 4) | ((positions[i + 2]! >> 6) << 8));
      }
      assert(regions.size <= 16, `${regions.size} regions in one patch`);
    }
  },
);

testWith(modelNeeds, "the file moves into the Worker, and progress comes back phase by phase", async () => {
  const bytes = await Deno.readFile(EXTENDED_VOX);
  const told: ImportProgress[] = [];
  const memory: number[] = [];
  await importFile(bytes, {
    grid: GRID,
    limits: DEFAULT_IMPORT_LIMITS,
    onProgress: (progress) => told.push(progress),
    onMemory: (taken) => memory.push(taken),
  });
  assertEquals(bytes.length, 0);
  assertEquals([memory.length, memory.pop()], [told.length + 1, 0], "of an ended Worker nothing is left");
  assert(memory.every((taken) => taken > 2 ** 20), String(memory));
  assertEquals([...new Set(told.map(({ phase }) => phase))], ["parse", "place"]);
  for (const { done, total } of told) assert(done >= 0 && done <= total);
  assertEquals(told.at(-1)!.done, told.at(-1)!.total);
});

testWith(modelNeeds, "what the Worker refuses arrives as the same ImportError", async () => {
  const bytes = plyFile("binary_little_endian", [points([[1, 2, 3]])]).slice(0, -2);
  const error = await assertRejects(
    () => importFile(bytes, { grid: GRID, limits: DEFAULT_IMPORT_LIMITS }),
    ImportError,
    "10 are left",
  );
  assertEquals([error.code, error.format, error.path], ["TRUNCATED", ".ply", "element vertex"]);
});

testWith(modelNeeds, "options that do not fit the grid are a RangeError", async () => {
  const bytes = plyFile("ascii", [points([[1, 2, 3]])]);
  await assertRejects(
    () => importFile(bytes.slice(), { grid: GRID, limits: DEFAULT_IMPORT_LIMITS, resolution: 2000 }),
    RangeError,
    "1 to 1024",
  );
  await assertRejects(
    () => importFile(bytes.slice(), { grid: GRID, limits: DEFAULT_IMPORT_LIMITS, maxCellsPerPatch: 0 }),
    RangeError,
    "from 1",
  );
});

testWith(modelNeeds, "limits given to the importer reach the Worker", async () => {
  const bytes = await Deno.readFile(EXTENDED_VOX);
  await assertRejects(
    () => importFile(bytes, { grid: GRID, limits: { ...DEFAULT_IMPORT_LIMITS, maxPoints: 100 } }),
    ImportError,
    "at most 100",
  );
});

testWith(modelNeeds, "the Worker is ended, however the import ends", async () => {
  const RealWorker = globalThis.Worker;
  let running = 0;
  globalThis.Worker = class extends RealWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      running++;
    }
    override terminate(): void {
      running--;
      super.terminate();
    }
  };
  try {
    await importFile(plyFile("ascii", [points([[1, 2, 3]])]), { grid: GRID, limits: DEFAULT_IMPORT_LIMITS });
    assertEquals(running, 0);
    await assertRejects(
      () => importFile(new Uint8Array(5), { grid: GRID, limits: DEFAULT_IMPORT_LIMITS }),
      ImportError,
    );
    assertEquals(running, 0);
    const controller = new AbortController();
    const aborted = importFile(new Uint8Array(5), {
      grid: GRID,
      limits: DEFAULT_IMPORT_LIMITS,
      signal: controller.signal,
    });
    assertEquals(running, 1);
    controller.abort(new Error("no"));
    await assertRejects(() => aborted, Error, "no");
    assertEquals(running, 0);
  } finally {
    globalThis.Worker = RealWorker;
  }
});

testWith(modelNeeds, "aborting ends the Worker at once and gives the signal's reason", async () => {
  const before = new AbortController();
  before.abort(new Error("changed my mind"));
  const bytes = await Deno.readFile(TREE_VOX);
  await assertRejects(
    () => importFile(bytes, { grid: GRID, limits: DEFAULT_IMPORT_LIMITS, signal: before.signal }),
    Error,
    "changed my mind",
  );
  assert(bytes.length > 0, "an import that never began took the file");
  const during = new AbortController();
  const running = importFile(bytes, {
    grid: GRID,
    limits: DEFAULT_IMPORT_LIMITS,
    signal: during.signal,
    onProgress: () => during.abort(new Error("stop now")),
  });
  await assertRejects(() => running, Error, "stop now");
});
