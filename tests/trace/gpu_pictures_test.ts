import { assert, assertEquals, assertRejects } from "@std/assert";
import { bandsOf } from "../../src/trace/band.ts";
import { CpuPicture } from "../../src/trace/cpu_picture.ts";
import { GpuBands } from "../../src/trace/gpu_bands.ts";
import { GpuPictures } from "../../src/trace/gpu_pictures.ts";
import { GpuScene } from "../../src/trace/gpu_scene.ts";
import { DAYLIGHT, type PictureCamera, type PictureLook } from "../../src/trace/mod.ts";
import { createPictureView, type PictureView } from "../../src/trace/picture_view.ts";
import { TooLargeError } from "../../src/trace/too_large_error.ts";
import { GpuError } from "../../src/gpu/mod.ts";
import { type Scene, TREE_KINDS } from "../../src/tree/mod.ts";
import { testOnDevice } from "../build/gpu/test_device.ts";
import { suiteOrProof } from "../support/runs.ts";
import { pictureDifference, TOLERATED_SHARE } from "./picture_difference.ts";
import { ballOverFloor, cameraAt, GRID, sceneOf, worldOf } from "./scene_fixture.ts";

const WIDTH = suiteOrProof(150, 900);
const HEIGHT = suiteOrProof(90, 600);
const CAMERA = cameraAt(WIDTH, HEIGHT);

let pictures: Promise<GpuPictures> | undefined;

function viewOf(camera: PictureCamera = CAMERA, look: Partial<PictureLook> = {}): PictureView {
  return createPictureView(GRID, camera, { ...DAYLIGHT, ...look });
}

function drawn(scene: Scene, view: PictureView): Uint8Array {
  const { heightPx } = view;
  return new Uint8Array(new CpuPicture(scene, view).band({ firstRow: 0, rows: heightPx }).buffer);
}

/** A whole picture by the GPU, in bands of some rows. */
async function drawnBy(
  maker: Pick<GpuPictures, "band">,
  scene: Scene,
  view: PictureView,
  bandPixels = 1e9,
): Promise<Uint8Array> {
  const rgba = new Uint8Array(4 * view.widthPx * view.heightPx);
  for (const band of bandsOf(view.widthPx, view.heightPx, bandPixels)) {
    const { pixels } = await maker.band(scene, view, band);
    rgba.set(new Uint8Array(pixels.buffer), 4 * view.widthPx * band.firstRow);
  }
  return rgba;
}

function assertAlike(one: Uint8Array, other: Uint8Array, what: string): void {
  const { share, worst } = pictureDifference(one, other);
  assert(
    share <= TOLERATED_SHARE,
    `${what}: ${(100 * share).toFixed(3)} % of the pixels differ, by ${worst}`,
  );
}

/** Counts colours, so that no test is content with a picture of the sky alone. */
function colorsOf(rgba: Uint8Array): number {
  return new Set(new Uint32Array(rgba.buffer, rgba.byteOffset)).size;
}

for (const kind of TREE_KINDS) {
  const scene = sceneOf(worldOf(kind, ballOverFloor));
  const views: [name: string, view: PictureView][] = [
    ["soft shadows", viewOf()],
    ["hard shadows", viewOf(CAMERA, { sunRadius: 0 })],
    ["no shadows", viewOf(CAMERA, { hasShadows: false })],
    ["coarse", viewOf(CAMERA, { detailPx: 12 })],
    ["along an axis", viewOf({ ...CAMERA, eye: [0, 14, 20], lookAt: [0, 14, 0] })],
    ["from inside of the ball", viewOf({ ...CAMERA, eye: [0, 14, 0], lookAt: [0, 14, 1] })],
    ["from afar", viewOf({ ...CAMERA, eye: [900, 300, 500], fovY: 0.02 }, { fogHalfEdges: 1000 })],
    ["wide", viewOf({ ...CAMERA, eye: [3, 13, 3], fovY: 2.5 })],
    ["sky alone", viewOf({ ...CAMERA, lookAt: [9, 40, 12.001] })],
  ];
  testOnDevice(`the GPU draws the picture that the CPU draws, of ${kind}`, async (device) => {
    const maker = await (pictures ??= GpuPictures.create(device));
    for (const [name, view] of views) {
      const expected = drawn(scene, view);
      if (!/sky|inside/.test(name)) assert(colorsOf(expected) > 30, name);
      assertAlike(await drawnBy(maker, scene, view), expected, `${kind}, ${name}`);
    }
  });
}

testOnDevice("bands of any height make the picture of one piece", async (device) => {
  const maker = await (pictures ??= GpuPictures.create(device));
  const scene = sceneOf(worldOf("esvo", ballOverFloor));
  const view = viewOf(cameraAt(61, 43));
  const whole = await drawnBy(maker, scene, view);
  for (const bandPixels of [1, 600, 1500]) {
    assertEquals(await drawnBy(maker, scene, view, bandPixels), whole);
  }
  assertEquals(bandsOf(61, 43, 1500).map(({ rows }) => rows), [24, 19]);
});

testOnDevice("scenes take turns on one device, and one without regions is sky", async (device) => {
  const maker = await (pictures ??= GpuPictures.create(device));
  const view = viewOf(cameraAt(40, 30));
  const ball = sceneOf(worldOf("esvo", ballOverFloor));
  const floor = sceneOf(worldOf("esvo", (_, y) => y < 5));
  const empty = sceneOf(worldOf("esvo", () => false));
  for (const scene of [ball, floor, empty, ball, empty]) {
    assertAlike(await drawnBy(maker, scene, view), drawn(scene, view), "in turns");
  }
  assert(colorsOf(drawn(empty, view)) < 5 && colorsOf(drawn(floor, view)) > 30);
});

Deno.test("a device that is lost again and again fails the band after some tries, and the next band tries anew", async () => {
  let opened = 0;
  let isBroken = true;
  const bands = new GpuBands({
    open: () => {
      opened++;
      return Promise.resolve({
        adapter: { name: "Fake 1", isSoftware: false },
        pictures: {
          band: () =>
            isBroken
              ? Promise.reject(new GpuError("lost", "gone"))
              : Promise.resolve({ pixels: new Uint32Array(1), gpuMs: 1 }),
        },
        isLost: false,
        close: () => {},
      });
    },
    onLost: () => {},
  });
  const [scene, view, band] = [sceneOf(worldOf("esvo", () => false)), viewOf(), {
    firstRow: 0,
    rows: 1,
  }] as const;
  await assertRejects(() => bands.band(scene, view, band), GpuError, "gone");
  assertEquals(opened, 4);
  isBroken = false;
  assertEquals((await bands.band(scene, view, band)).gpuMs, 1);
  assertEquals(opened, 5);
});

Deno.test("a scene that is larger than the device binds is refused before anything is uploaded", async () => {
  const scene = sceneOf(worldOf("esvo", ballOverFloor));
  const most = scene.colors.byteLength - 4;
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: most };
  const device = { limits } as unknown as GPUDevice;
  const error = await assertRejects(() => GpuScene.create(device, scene), TooLargeError);
  assertEquals(error.message, `The scene has ${most + 4} bytes of colors, the device binds ${most}`);
});

Deno.test("a scene for which memory is short is refused, and what was had of it is given back", async () => {
  let living = 0;
  const device = {
    limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 28 },
    queue: { writeBuffer: () => {} },
    createBuffer: () => {
      living++;
      return { destroy: () => living-- };
    },
    pushErrorScope: () => {},
    popErrorScope: () => Promise.resolve({ message: "not enough memory left" }),
  } as unknown as GPUDevice;
  const scene = sceneOf(worldOf("esvo", ballOverFloor));
  await assertRejects(() => GpuScene.create(device, scene), TooLargeError, "not enough memory left");
  assertEquals(living, 0);
});
