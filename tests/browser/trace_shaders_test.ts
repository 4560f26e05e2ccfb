import { assert, assertEquals } from "@std/assert";
import {
  BufferPool,
  compileStages,
  Readback,
  Recorder,
  runRecording,
  type Stage,
} from "../../src/gpu/mod.ts";
import { CpuPicture } from "../../src/trace/cpu_picture.ts";
import { recordPicture } from "../../src/trace/gpu_pictures.ts";
import { DAYLIGHT } from "../../src/trace/mod.ts";
import { PICTURE_STAGES } from "../../src/trace/picture_stages.ts";
import { RAY_STAGES } from "../trace/gpu/ray_stages.ts";
import { createPictureView, type PictureView } from "../../src/trace/picture_view.ts";
import { type Scene, TREE_KINDS } from "../../src/tree/mod.ts";
import { gpuNeeds, sharedDevice } from "../build/gpu/test_device.ts";
import { testWith } from "../support/needs.ts";
import { pictureDifference, TOLERATED_SHARE } from "../trace/picture_difference.ts";
import { ballOverFloor, cameraAt, sceneOf, worldOf } from "../trace/scene_fixture.ts";
import { uploadedScene } from "../trace/uploaded_scene.ts";
import { openComputePage } from "./compute_page.ts";
import { browserNeeds } from "./viewer_fixture.ts";

const CAMERA = cameraAt(96, 64);
/** Words of `struct Ray` and of `struct Hit`. */
const RAY_WORDS = 12;
const HIT_WORDS = 12;
/** The hit's words that are no number of single precision: all but t, and but for padding. */
const WHOLE_WORDS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const STAGES: readonly Stage[] = [...Object.values(PICTURE_STAGES), ...Object.values(RAY_STAGES)];

function pictureRecording(scene: Scene, view: PictureView): Recorder {
  const recorder = new Recorder();
  recordPicture(recorder, uploadedScene(scene), view, { firstRow: 0, rows: view.heightPx });
  return recorder;
}

/** The rays of a picture's pixels, one by one. */
function rayRecording(scene: Scene, view: PictureView): Recorder {
  const count = view.widthPx * view.heightPx;
  const rays = new Float32Array(RAY_WORDS * count);
  for (let i = 0; i < count; i++) {
    const [x, y] = [i % view.widthPx, Math.floor(i / view.widthPx)];
    const direction = view.corner.map((corner, axis) =>
      corner + x * view.stepX[axis]! + y * view.stepY[axis]!
    );
    rays.set([...view.eye, 0, ...direction, 1e30, 0, 0], RAY_WORDS * i);
  }
  const recorder = new Recorder();
  const { colors: _, ...bound } = uploadedScene(scene).record(recorder);
  recorder.upload("rays", new Uint32Array(rays.buffer));
  recorder.scratch("hits", HIT_WORDS * count);
  recorder.dispatch(RAY_STAGES[scene.kind], { ...bound, rays: "rays", hits: "hits" }, Math.ceil(count / 64));
  recorder.read("hits", HIT_WORDS * count);
  return recorder;
}

function bytesOf(words: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function assertAlike(one: Uint8Array, other: Uint8Array, what: string): void {
  const { share, worst } = pictureDifference(one, other);
  assert(
    share <= TOLERATED_SHARE,
    `${what}: ${(100 * share).toFixed(3)} % of the pixels differ, by ${worst}`,
  );
}

/** Share of rays that met another node, or a face of another name. */
function otherHits(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let others = 0;
  for (let at = 0; at < one.length; at += HIT_WORDS) {
    if (WHOLE_WORDS.some((word) => one[at + word] !== other[at + word])) others++;
  }
  return others / (one.length / HIT_WORDS);
}

testWith(browserNeeds, "every shader of shaders/trace is in a stage that is compiled here", async () => {
  const named = STAGES.map(({ source }) => source.code).join("");
  const used = new Set<string>();
  for await (const { name } of Deno.readDir(new URL("../../shaders/trace", import.meta.url))) {
    const text = await Deno.readTextFile(new URL(`../../shaders/trace/${name}`, import.meta.url));
    if (named.includes(text)) used.add(name);
    else throw new Error(`${name} is in no stage`);
  }
  assert(used.size >= 7, [...used].join());
});

testWith(
  browserNeeds,
  "the browser's compiler takes every shader of rays, and traces both kinds as the CPU does",
  async () => {
    await using page = await openComputePage();
    const faults = await page.compile(STAGES);
    assertEquals(
      faults.map(({ stage, line, message }) => {
        return `${STAGES.find(({ name }) => name === stage)!.source.locate(line).place}: ${message}`;
      }),
      [],
    );
    for (const kind of TREE_KINDS) {
      const world = worldOf(kind, ballOverFloor);
      const scene = sceneOf(world);
      const view = createPictureView(world.grid, CAMERA, DAYLIGHT);
      const [pixels] = await page.run(pictureRecording(scene, view));
      const expected = new CpuPicture(scene, view).band({ firstRow: 0, rows: view.heightPx });
      assertAlike(bytesOf(pixels!), bytesOf(expected), kind);
    }
  },
);

testWith(
  browserNeeds.ignore ? browserNeeds : gpuNeeds,
  "the browser's device and the server's give the same pictures and hits",
  async () => {
    await using page = await openComputePage();
    assertEquals(await page.compile(STAGES), []);
    const device = await sharedDevice();
    const pipelines = await compileStages(device, STAGES);
    const runner = { device, pool: new BufferPool(device, 2 ** 22), pipelines, readback: new Readback() };
    for (const kind of TREE_KINDS) {
      const world = worldOf(kind, ballOverFloor);
      const scene = sceneOf(world);
      const view = createPictureView(world.grid, CAMERA, DAYLIGHT);
      const picture = pictureRecording(scene, view);
      const { reads } = await runRecording(runner, picture)();
      assertAlike(bytesOf((await page.run(picture))[0]!), bytesOf(reads[0]!), `picture of ${kind}`);
      const rays = rayRecording(scene, view);
      const here = await runRecording(runner, rays)();
      const others = otherHits((await page.run(rays))[0]!, here.reads[0]!);
      assert(others <= TOLERATED_SHARE, `${kind}: ${100 * others} % of the rays hit something else`);
    }
    runner.pool.dispose();
    await device.queue.onSubmittedWorkDone();
  },
);
