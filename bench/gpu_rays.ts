// deno-lint-ignore-file no-console -- part of a script that prints a table
import { buildTree } from "../src/build/mod.ts";
import { Recorder, type RecordingResult, type RecordingRunner, runRecording } from "../src/gpu/mod.ts";
import { createGrid } from "../src/space/mod.ts";
import { CpuPicture } from "../src/trace/cpu_picture.ts";
import { recordPicture } from "../src/trace/gpu_pictures.ts";
import { GpuScene } from "../src/trace/gpu_scene.ts";
import { DAYLIGHT } from "../src/trace/mod.ts";
import { createPictureView, type PictureView } from "../src/trace/picture_view.ts";
import { createScene, packTree, type Scene, TREE_KINDS, type TreeKind } from "../src/tree/mod.ts";
import { dragonSurface, type SurfaceVoxels } from "./build_surface.ts";
import { median } from "./support/ratio.ts";

/** Regions of 64^3 cells, sixteen an axis: 1024^3. */
const DEPTH = 6;
const LEVEL = 4;
const GRID = createGrid({ min: [0, 0, 0], max: [1024, 1024, 1024] }, LEVEL, DEPTH);
/** From four sides, so that the picture is full of the dragon. */
const EYES = [[500, 520, 1500], [1500, 560, 900], [-500, 640, 800], [700, 1300, 900]] as const;
const LOOK_AT = [500, 350, 230] as const;
/** Rows for the one thread of the CPU, which would take long over the whole picture. */
const CPU_ROWS = 16;
/** Rays after which these have run often enough. */
const CPU_RAYS = 300_000;

/** What is measured. */
export interface RayBench {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rounds: number;
}

/**
 * Prints how many rays a second go from the eye into the Stanford dragon at 1000 cells in a world of 1024^3, as octrees and as
 * tetrees: lit without shadows, which is one ray a pixel, and with a ray to the sun from every pixel that it could reach.
 *
 * @param runner with `PICTURE_STAGES`
 */
export async function measureRays(runner: RecordingRunner, bench: RayBench): Promise<void> {
  const { widthPx, heightPx } = bench;
  console.log(`Rays: the dragon at 1000 cells in a world of 1024^3, ${widthPx} x ${heightPx} pixels\n`);
  console.log(
    "| scene | picture | device ms | M rays/s from the eye | pixels that hit | M rays/s of one CPU thread |",
  );
  console.log("| --- | --- | --- | --- | --- | --- |");
  const surface = await dragonSurface();
  for (const kind of TREE_KINDS) {
    const scene = dragonScene(kind, surface);
    const resident = await GpuScene.create(runner.device, scene);
    for (const hasShadows of [false, true]) await measure(runner, bench, scene, resident, hasShadows);
    resident.destroy();
  }
  console.log("");
}

async function measure(
  runner: RecordingRunner,
  { widthPx, heightPx, rounds }: RayBench,
  scene: Scene,
  resident: GpuScene,
  hasShadows: boolean,
): Promise<void> {
  const times: number[] = [];
  const wholeTimes: number[] = [];
  let hits = 0;
  const views = EYES.map((eye) => viewFrom(eye, widthPx, heightPx, hasShadows));
  const nothing = await GpuScene.create(runner.device, createScene(scene.kind, LEVEL, []));
  for (let round = -1; round < rounds; round++) {
    for (const view of views) {
      const start = performance.now();
      const { reads, dispatchMs } = await draw(runner, resident, view);
      if (round < 0) {
        const sky = (await draw(runner, nothing, view)).reads[0]!;
        hits += reads[0]!.filter((word, pixel) => word !== sky[pixel]).length;
        continue;
      }
      wholeTimes.push(performance.now() - start);
      if (dispatchMs[0] !== undefined) times.push(dispatchMs[0]);
    }
  }
  nothing.destroy();
  const rays = widthPx * heightPx;
  const ms = median(times.length > 0 ? times : wholeTimes);
  const share = 100 * hits / rays / EYES.length;
  console.log(
    `| ${scene.kind === "esvo" ? "octrees" : "tetrees"} | ${hasShadows ? "soft shadows" : "no shadows"} | ` +
      `${ms.toFixed(3)} | ${(rays / ms / 1000).toFixed(1)} | ${share.toFixed(0)} % | ` +
      `${(cpuRate(scene, views[0]!) / 1e6).toFixed(2)} |`,
  );
}

async function draw(runner: RecordingRunner, scene: GpuScene, view: PictureView): Promise<RecordingResult> {
  const recorder = new Recorder();
  recordPicture(recorder, scene, view, { firstRow: 0, rows: view.heightPx });
  return await runRecording(runner, recorder, { isProfiled: true })();
}

function viewFrom(
  eye: (typeof EYES)[number],
  widthPx: number,
  heightPx: number,
  hasShadows: boolean,
): PictureView {
  const camera = { eye, lookAt: LOOK_AT, up: [0, 1, 0] as const, fovY: 0.6, widthPx, heightPx };
  return createPictureView(GRID, camera, { ...DAYLIGHT, hasShadows });
}

function dragonScene(kind: TreeKind, { codes, regions }: SurfaceVoxels): Scene {
  // The regions come in the order of their codes.
  const mortons = [...new Set(codes.map((code) => code >>> 3 * DEPTH))].sort((a, b) => a - b);
  return createScene(
    kind,
    LEVEL,
    regions.map((samples, i) => ({ morton: mortons[i]!, tree: packTree(buildTree(kind, samples, DEPTH)) })),
  );
}

/** Rays a second of the TypeScript reference: some rows in the middle of the picture, once they run as fast as they will. */
function cpuRate(scene: Scene, view: PictureView): number {
  const picture = new CpuPicture(scene, view);
  const rows = Math.min(CPU_ROWS, view.heightPx);
  const rays = view.widthPx * rows;
  const band = { firstRow: Math.floor((view.heightPx - rows) / 2), rows };
  const times: number[] = [];
  for (let drawn = 0; drawn < CPU_RAYS; drawn += rays) {
    const start = performance.now();
    picture.band(band);
    times.push(performance.now() - start);
  }
  return 1000 * rays / median(times);
}
