import {
  BufferPool,
  compileStages,
  Readback,
  Recorder,
  type RecordingRunner,
  runRecording,
} from "../../../src/gpu/mod.ts";
import { RAY_STAGES } from "./ray_stages.ts";
import { Hit, NO_REGION, Ray, type Scene, type TreeKind } from "../../../src/tree/mod.ts";
import { sharedDevice } from "../../build/gpu/test_device.ts";

/** Words of a ray and of a hit in `shaders/trace/ray.wgsl`, and where their fields are. */
export const RAY_WORDS = 12;
export const RAY_FIELDS = {
  origin: 0,
  t_min: 3,
  direction: 4,
  t_max: 7,
  cone_size: 8,
  cone_spread: 9,
} as const;
export const HIT_WORDS = 12;
export const HIT_FIELDS = {
  t: 0,
  region: 1,
  node: 2,
  level: 3,
  anchor: 4,
  size: 7,
  tet: 8,
  face: 9,
} as const;

/** f32 has no larger number, and rays of a GPU no infinity. */
const FARTHEST = 2 ** 127;

/** What a GPU makes of a ray: every number the next one of f32. */
export function roundRay(ray: Ray): Ray {
  const rounded = new Ray();
  for (const name of Object.keys(ray) as (keyof Ray)[]) {
    rounded[name] = Math.fround(Math.min(ray[name], FARTHEST));
  }
  return rounded;
}

const runners = new Map<TreeKind, Promise<RecordingRunner>>();

/** Traces rays by the stage `trace_rays` on the tests' device. */
export async function traceOnDevice(scene: Scene, rays: readonly Ray[]): Promise<Hit[]> {
  const stage = RAY_STAGES[scene.kind];
  const runner = runners.get(scene.kind) ?? sharedDevice().then(async (device) => ({
    device,
    pool: new BufferPool(device, 64 * 1024 * 1024),
    pipelines: await compileStages(device, [stage]),
    readback: new Readback(),
  }));
  runners.set(scene.kind, runner);
  const recorder = new Recorder();
  recorder.upload("top", scene.top);
  recorder.upload("regions", scene.regions);
  recorder.upload("nodes", scene.nodes);
  recorder.upload("rays", packRays(rays));
  recorder.zeroed("hits", HIT_WORDS * rays.length);
  recorder.dispatch(
    stage,
    { top_nodes: "top", regions: "regions", nodes: "nodes", rays: "rays", hits: "hits" },
    Math.ceil(rays.length / 64),
  );
  recorder.read("hits", HIT_WORDS * rays.length);
  const { reads } = await runRecording(await runner, recorder)();
  return unpackHits(reads[0]!.slice().buffer);
}

function packRays(rays: readonly Ray[]): Uint32Array {
  const floats = new Float32Array(RAY_WORDS * rays.length);
  rays.forEach((ray, i) => {
    const own = floats.subarray(RAY_WORDS * i, RAY_WORDS * (i + 1));
    own.set([ray.ox, ray.oy, ray.oz], RAY_FIELDS.origin);
    own.set([ray.dx, ray.dy, ray.dz], RAY_FIELDS.direction);
    own[RAY_FIELDS.t_min] = ray.tMin;
    own[RAY_FIELDS.t_max] = ray.tMax;
    own[RAY_FIELDS.cone_size] = ray.coneSize;
    own[RAY_FIELDS.cone_spread] = ray.coneSpread;
  });
  return new Uint32Array(floats.buffer);
}

function unpackHits(bytes: ArrayBufferLike): Hit[] {
  const words = new Uint32Array(bytes);
  const floats = new Float32Array(bytes);
  return Array.from({ length: words.length / HIT_WORDS }, (_, i) => {
    const at = HIT_WORDS * i;
    const word = (field: keyof typeof HIT_FIELDS) => words[at + HIT_FIELDS[field]]!;
    const hit = new Hit();
    hit.t = floats[at + HIT_FIELDS.t]!;
    hit.region = word("region") === 0xffffffff ? NO_REGION : word("region");
    hit.node = word("node");
    hit.level = word("level");
    hit.x = words[at + HIT_FIELDS.anchor]!;
    hit.y = words[at + HIT_FIELDS.anchor + 1]!;
    hit.z = words[at + HIT_FIELDS.anchor + 2]!;
    hit.size = word("size");
    hit.type = word("tet") | 0;
    hit.face = word("face");
    return hit;
  });
}
