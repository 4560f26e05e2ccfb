/**
 * Culling, level of detail and ordering of one viewport, over 24 named cameras and three worlds. The base line is a
 * flat test of every occupied region against the frustum, with level of detail but without ordering.
 *
 * Run with `deno bench bench/visible_bench.ts`; the lines before the runner's table give medians in milliseconds.
 */
import {
  ALL_PLANES,
  classifyBox,
  createGrid,
  encodeMorton,
  type Grid,
  perspectiveFrustum,
  type Vec3,
} from "../src/space/mod.ts";
import {
  computeVisible,
  lodForDistance,
  type LodRule,
  RegionPyramid,
  type Viewport,
  VisibleSet,
} from "../src/viewport/mod.ts";
import { compareRatio, formatRatio, median } from "./support/ratio.ts";

const EDGE = 1024;
const RULE: LodRule = { thresholds: [100, 300, 700], maxLod: 3, hysteresis: 0.1 };
const WARM_ROUNDS = 40;
const SAMPLES = 15;
const CALLS_A_SAMPLE = 8;

interface Scene {
  readonly name: string;
  readonly grid: Grid;
  readonly pyramid: RegionPyramid;
  /** Coordinates of the occupied regions, x, y, z in turn. */
  readonly cells: Uint16Array;
  readonly targetMs: number;
}

interface NamedCamera {
  readonly set: "orbit" | "inside" | "skim";
  readonly name: string;
  readonly view: Viewport;
}

const SCENES: readonly Scene[] = [
  scene("level 4, terrain of 600 regions", 4, groundCells(4, 600), 0.1),
  scene("level 4, all 4096 regions", 4, allCells(4), 0.25),
  scene("level 7, terrain of 5000 regions", 7, groundCells(7, 5000), 1),
];
const COMPASS = [
  "east",
  "south-east",
  "south",
  "south-west",
  "west",
  "north-west",
  "north",
  "north-east",
] as const;
const CAMERAS: readonly NamedCamera[] = COMPASS.flatMap((where, i) =>
  camerasTowards(where, (i * Math.PI) / 4)
);

for (const world of SCENES) {
  const out = new VisibleSet();
  // The levels of detail of the frame before, as a server has them.
  const held = new Int8Array(8 ** world.grid.level).fill(-1);
  const previous = (morton: number): number => held[morton]!;
  const see = (camera: NamedCamera): VisibleSet =>
    computeVisible(camera.view, world.grid, world.pyramid, RULE, out, previous);
  let turn = 0;
  let measured = false;
  Deno.bench({
    name: `one viewport of 24 cameras: ${world.name}`,
    group: "visible regions",
    fn: async (bench) => {
      if (!measured) {
        measured = true;
        await report(world, see, held);
      }
      const camera = CAMERAS[turn++ % CAMERAS.length]!;
      bench.start();
      see(camera);
      bench.end();
    },
  });
}

/** Prints the medians of a world by camera set and over all, and the ratio to the flat test. */
async function report(
  world: Scene,
  see: (camera: NamedCamera) => VisibleSet,
  held: Int8Array,
): Promise<void> {
  for (let i = 0; i < WARM_ROUNDS; i++) {
    for (const camera of CAMERAS) {
      const set = see(camera);
      if (i === 0) { for (let k = 0; k < set.count; k++) held[set.keys[k]!] = set.lods[k]!; }
    }
  }
  const times = CAMERAS.map((camera) => timeCamera(() => see(camera)));
  const lines = (["orbit", "inside", "skim"] as const).map((set) => {
    const own = CAMERAS.map((camera, i) => ({ camera, ms: times[i]! })).filter(({ camera }) =>
      camera.set === set
    );
    const seen = own.map(({ camera }) => see(camera).count);
    return `${set} ${median(own.map(({ ms }) => ms)).toFixed(4)} (sees ${median(seen)})`;
  });
  const overall = median(times);
  const worst = Math.max(...times);
  const verdict = overall < world.targetMs ? "met" : "NOT MET";
  print(
    `${world.name}: median ${overall.toFixed(4)} ms (below ${world.targetMs}: ${verdict}), ` +
      `worst camera ${worst.toFixed(4)} (${CAMERAS[times.indexOf(worst)]!.name}); ${lines.join(", ")}`,
  );
  const flat = { codes: new Uint32Array(world.pyramid.count), lods: new Uint8Array(world.pyramid.count) };
  const ratio = await compareRatio({
    name: `${world.name}, all 24 cameras against a flat cull without ordering`,
    base: () => CAMERAS.forEach((camera) => flatCull(camera.view, world, held, flat)),
    product: () => CAMERAS.forEach(see),
    rounds: 31,
  });
  print(formatRatio(ratio));
}

function timeCamera(work: () => unknown): number {
  const samples: number[] = [];
  for (let s = 0; s < SAMPLES; s++) {
    const start = performance.now();
    for (let i = 0; i < CALLS_A_SAMPLE; i++) work();
    samples.push((performance.now() - start) / CALLS_A_SAMPLE);
  }
  return median(samples);
}

/** The base line: every occupied region against all planes, and its level of detail. */
function flatCull(
  view: Viewport,
  world: Scene,
  held: Int8Array,
  out: { readonly codes: Uint32Array; readonly lods: Uint8Array },
): number {
  const frustum = perspectiveFrustum(view);
  const size = EDGE / 2 ** world.grid.level;
  const { cells } = world;
  let found = 0;
  for (let i = 0; i < cells.length; i += 3) {
    const x = cells[i]! * size;
    const y = cells[i + 1]! * size;
    const z = cells[i + 2]! * size;
    if (classifyBox(frustum, x, y, z, size, ALL_PLANES) < 0) continue;
    const dx = x + size / 2 - view.eye[0];
    const dy = y + size / 2 - view.eye[1];
    const dz = z + size / 2 - view.eye[2];
    const code = encodeMorton(cells[i]!, cells[i + 1]!, cells[i + 2]!);
    out.codes[found] = code;
    out.lods[found] = lodForDistance(Math.sqrt(dx * dx + dy * dy + dz * dz), RULE, held[code]!);
    found++;
  }
  return found;
}

/** Three cameras towards a point of the compass: orbiting and looking in, inside looking out, low over the ground. */
function camerasTowards(where: string, angle: number): NamedCamera[] {
  const middle: Vec3 = [EDGE / 2, 0.4 * EDGE, EDGE / 2];
  const x = Math.cos(angle);
  const z = Math.sin(angle);
  // The orbit rises from 10 to 60 degrees on its way round.
  const rise = ((10 + (50 * angle) / (2 * Math.PI)) * Math.PI) / 180;
  const distance = 1.3 * EDGE;
  const orbit: Vec3 = [
    middle[0] + distance * Math.cos(rise) * x,
    middle[1] + distance * Math.sin(rise),
    middle[2] + distance * Math.cos(rise) * z,
  ];
  const inside: Vec3 = [middle[0] + 10 * x, middle[1] + 8, middle[2] + 10 * z];
  const skim: Vec3 = [
    middle[0] - 300 * x,
    groundHeight(0.5 - 0.3 * x, 0.5 - 0.3 * z) * EDGE + 20,
    middle[2] - 300 * z,
  ];
  return [
    { set: "orbit", name: `orbit from the ${where}`, view: camera(orbit, middle) },
    {
      set: "inside",
      name: `inside looking ${where}`,
      view: camera(inside, [inside[0] + x, inside[1], inside[2] + z]),
    },
    { set: "skim", name: `skimming ${where}`, view: camera(skim, [skim[0] + x, skim[1] - 0.1, skim[2] + z]) },
  ];
}

function camera(eye: Vec3, lookAt: Vec3): Viewport {
  return {
    eye,
    lookAt,
    up: [0, 1, 0],
    fovY: Math.PI / 3,
    aspectRatio: 16 / 9,
    nearPlane: 0.1,
    farPlane: 5000,
  };
}

function scene(name: string, level: number, cells: Uint16Array, targetMs: number): Scene {
  const grid = createGrid({ min: [0, 0, 0], max: [EDGE, EDGE, EDGE] }, level, 6);
  const pyramid = new RegionPyramid(level);
  for (let i = 0; i < cells.length; i += 3) {
    pyramid.add(encodeMorton(cells[i]!, cells[i + 1]!, cells[i + 2]!));
  }
  return { name, grid, pyramid, cells, targetMs };
}

function allCells(level: number): Uint16Array {
  const n = 2 ** level;
  return Uint16Array.from({ length: 3 * n ** 3 }, (_, i) => {
    const cell = Math.floor(i / 3);
    return i % 3 === 0 ? cell % n : i % 3 === 1 ? Math.floor(cell / n) % n : Math.floor(cell / (n * n));
  });
}

/**
 * The surface of rolling ground, cut to an island round the middle so that exactly `wanted` regions are occupied: each
 * column holds the regions from its lowest to its highest point. Where a whole square of ground has too few, as at
 * level 4, the columns reach down below the surface.
 */
function groundCells(level: number, wanted: number): Uint16Array {
  const n = 2 ** level;
  const columns: { readonly x: number; readonly z: number; readonly out: number }[] = [];
  for (let x = 0; x < n; x++) {
    for (let z = 0; z < n; z++) columns.push({ x, z, out: Math.hypot(x - n / 2 + 0.5, z - n / 2 + 0.5) });
  }
  columns.sort((a, b) => a.out - b.out || a.x - b.x || a.z - b.z);
  for (let depth = 0; depth < n; depth++) {
    const cells: number[] = [];
    for (const { x, z } of columns) {
      const corners = [0, 1].flatMap((i) => [0, 1].map((k) => groundHeight((x + i) / n, (z + k) / n) * n));
      const top = Math.floor(Math.max(...corners));
      const bottom = Math.max(0, Math.floor(Math.min(...corners)) - depth);
      for (let y = bottom; y <= top && cells.length < 3 * wanted; y++) cells.push(x, y, z);
    }
    if (cells.length === 3 * wanted) return Uint16Array.from(cells);
  }
  throw new RangeError(`A grid of level ${level} has no ground of ${wanted} regions`);
}

/** Height of the ground at a place, all in parts of the world's edge. */
function groundHeight(x: number, z: number): number {
  return 0.36 + 0.12 * Math.sin(5 * x + 1) * Math.cos(6 * z) + 0.05 * Math.sin(17 * x + 11 * z) +
    0.02 * Math.sin(41 * x - 37 * z);
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
