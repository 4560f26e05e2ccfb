import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  BufferPool,
  compileStages,
  Readback,
  Recorder,
  runRecording,
  ShaderSource,
} from "../../src/gpu/mod.ts";
import { seededRandom } from "../../src/observe/mod.ts";
import { normalize, type Vec3 } from "../../src/space/mod.ts";
import { DAYLIGHT } from "../../src/trace/mod.ts";
import { pixelDirection } from "../../src/trace/cpu_picture.ts";
import { traceParts } from "../../src/trace/picture_stages.ts";
import { createPictureView } from "../../src/trace/picture_view.ts";
import { pictureWords } from "../../src/trace/picture_words.ts";
import {
  faceLight,
  hitNormal,
  packRgb,
  pcg,
  pixelHash,
  shadowGap,
  skyColor,
  throughFog,
  towardsSun,
  unpackRgb,
} from "../../src/trace/shade.ts";
import { Hit } from "../../src/tree/mod.ts";
import pictureText from "../../shaders/trace/picture.wgsl" with { type: "text" };
import { testOnDevice } from "../build/gpu/test_device.ts";
import { runs } from "../support/runs.ts";
import { cameraAt, GRID } from "./scene_fixture.ts";

/** The functions of the picture stage that need no scene. */
const [PIXEL_DIRECTION] = /^fn pixel_direction[^]*?^}\n/m.exec(pictureText)!;

/** Calls every function once a thread; words of an answer: 8 times 4. */
const CALLS = `// Needs: ray, scene, shade
@group(0) @binding(0) var<storage, read> picture: Picture;
@group(0) @binding(1) var<storage, read> inputs: array<Input>;
@group(0) @binding(2) var<storage, read_write> answers: array<vec4<f32>>;
var<private> top_nodes: array<u32, 2>;
struct Input { direction: vec3<f32>, x: u32, color: vec3<f32>, y: u32, t: f32, share: f32, face: u32, size: u32 }
${PIXEL_DIRECTION}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&inputs)) { return; }
  let own = inputs[id.x];
  let hash = pixel_hash(own.x, own.y);
  let at = 8u * id.x;
  answers[at] = vec4<f32>(f32(hash >> 16u), f32(hash & 0xffffu), f32(pcg(own.x) >> 16u), f32(pcg(own.x) & 0xffffu));
  answers[at + 1u] = vec4<f32>(towards_sun(hash), shadow_gap(own.size, own.t));
  answers[at + 2u] = vec4<f32>(sky_color(own.direction), face_light(own.direction, own.share));
  answers[at + 3u] = vec4<f32>(hit_normal(own.face, own.direction), 0.0);
  answers[at + 4u] = vec4<f32>(through_fog(own.color, own.t), 0.0);
  answers[at + 5u] = vec4<f32>(unpack_rgb(hash), 0.0);
  let packed = pack_rgb(own.color * 1.5 - 0.25);
  answers[at + 6u] = vec4<f32>((vec4<u32>(packed) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u));
  answers[at + 7u] = vec4<f32>(pixel_direction(own.x, own.y), 0.0);
}
`;

const CALL_STAGE = {
  name: "calls",
  source: new ShaderSource({ path: "test/calls.wgsl", text: CALLS }, traceParts("esvo")),
};
const COUNT = runs(1000);

Deno.test("the chance of a pixel is the published one, and differs from neighbour to neighbour", () => {
  // Values of the paper's function, computed with whole numbers of arbitrary length.
  const reference = (value: bigint): number => {
    const state = (value * 747796405n + 2891336453n) & 0xffffffffn;
    const word = (((state >> ((state >> 28n) + 4n)) ^ state) * 277803737n) & 0xffffffffn;
    return Number((word >> 22n) ^ word);
  };
  for (const value of [0, 1, 2, 4711, 0x7fffffff, 0x80000000, 0xffffffff]) {
    assertEquals(pcg(value), reference(BigInt(value)));
  }
  const hashes = new Set<number>();
  for (let y = 0; y < 50; y++) for (let x = 0; x < 50; x++) hashes.add(pixelHash(x, y));
  assert(hashes.size > 2495, `${hashes.size} of 2500 differ`);
});

testOnDevice("each function of shade.wgsl gives what its twin gives", async (device) => {
  const look = {
    ...DAYLIGHT,
    sun: [1, 3, -2] as const,
    zenith: [0.2, 1, 0.1] as const,
    sunRadius: 0.3,
    fogHalfEdges: 2,
  };
  const view = createPictureView(GRID, cameraAt(300, 200), look);
  const random = seededRandom(6);
  const inputs = Array.from({ length: COUNT }, (_, i) => {
    const direction = normalize([random() - 0.5, random() - 0.5, random() - 0.5] as Vec3);
    return {
      direction: [...new Float32Array(direction)] as unknown as Vec3,
      x: Math.floor(300 * random()),
      y: Math.floor(200 * random()),
      color: [...new Float32Array([random(), random(), random()])] as unknown as Vec3,
      t: Math.fround(8 * random()),
      share: i % 2,
      face: i % 13 === 12 ? 255 : i % 13,
      size: 2 ** Math.floor(23 * random()),
    };
  });
  const words = new Uint32Array(12 * COUNT);
  const floats = new Float32Array(words.buffer);
  inputs.forEach(({ direction, x, y, color, t, share, face, size }, i) => {
    floats.set(direction, 12 * i);
    words[12 * i + 3] = x;
    floats.set(color, 12 * i + 4);
    words[12 * i + 7] = y;
    floats.set([t, share], 12 * i + 8);
    words.set([face, size], 12 * i + 10);
  });
  const recorder = new Recorder();
  recorder.upload("picture", pictureWords(view, { firstRow: 0, rows: 200 }));
  recorder.upload("inputs", words);
  recorder.scratch("answers", 32 * COUNT);
  const bound = { picture: "picture", inputs: "inputs", answers: "answers" };
  recorder.dispatch(CALL_STAGE, bound, Math.ceil(COUNT / 64));
  recorder.read("answers", 32 * COUNT);
  const pipelines = await compileStages(device, [CALL_STAGE]);
  const runner = { device, pool: new BufferPool(device, 2 ** 20), pipelines, readback: new Readback() };
  const { reads } = await runRecording(runner, recorder)();
  runner.pool.dispose();
  const answers = new Float32Array(reads[0]!.buffer);
  inputs.forEach(({ direction, x, y, color, t, share, face, size }, i) => {
    const answer = (
      row: number,
      count: number,
    ) => [...answers.subarray(32 * i + 4 * row, 32 * i + 4 * row + count)];
    const near = (row: number, expected: readonly number[], what: string, tolerance = 2e-6) => {
      answer(row, expected.length).forEach((value, k) => {
        assertAlmostEquals(value, expected[k]!, tolerance, `${what} of ${JSON.stringify(inputs[i])}`);
      });
    };
    const hash = pixelHash(x, y);
    assertEquals(answer(0, 4), [hash >>> 16, hash & 0xffff, pcg(x) >>> 16, pcg(x) & 0xffff]);
    const hit = Object.assign(new Hit(), { face, size });
    near(1, [...towardsSun(view, hash), shadowGap(hit, t)], "sun and gap");
    near(2, [...skyColor(view, direction), faceLight(view, direction, share)], "sky and light");
    near(3, hitNormal(hit, direction), "normal");
    near(4, throughFog(view, color, t), "fog", 1e-5);
    near(5, unpackRgb(hash), "unpacked");
    const packed = packRgb(color.map((channel) => channel * 1.5 - 0.25) as unknown as Vec3);
    near(6, [0, 8, 16, 24].map((bits) => packed >>> bits & 255), "packed", 1);
    near(7, pixelDirection(view, x, y), "direction");
  });
});
