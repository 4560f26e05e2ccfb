import { encodeMorton } from "../../src/space/mod.ts";
import type { Samples } from "../../src/tree/mod.ts";
import { TREE_VOX } from "../support/real_models.ts";

/** Voxels of the first model of `tree.vox` as bytes x, y, z, colour index: 376,133 in 256^3. */
export async function treeModelVoxels(): Promise<Uint8Array> {
  const file = await Deno.readFile(TREE_VOX);
  const view = new DataView(file.buffer);
  // After the header of 8 bytes and MAIN's 12, chunks follow one another: name, own bytes, children's bytes, content.
  for (let at = 20; at < file.length;) {
    const name = new TextDecoder().decode(file.subarray(at, at + 4));
    const bytes = view.getUint32(at + 4, true);
    if (name === "XYZI") return file.subarray(at + 16, at + 16 + 4 * view.getUint32(at + 12, true));
    at += 12 + bytes + view.getUint32(at + 8, true);
  }
  throw new Error("No XYZI chunk in tree.vox");
}

/** Cuts voxels of a 256^3 model into regions of 2^depth cells an axis, each in the file's order. */
export function cutIntoRegions(voxels: Uint8Array, depth: number): Samples[] {
  const regions = new Map<number, { keys: number[]; colors: number[]; materials: number[] }>();
  const low = (1 << depth) - 1;
  for (let i = 0; i < voxels.length; i += 4) {
    const [x, y, z, index] = [voxels[i]!, voxels[i + 1]!, voxels[i + 2]!, voxels[i + 3]!];
    const region = encodeMorton(x >> depth, y >> depth, z >> depth);
    let samples = regions.get(region);
    if (samples === undefined) regions.set(region, samples = { keys: [], colors: [], materials: [] });
    samples.keys.push(encodeMorton(x & low, y & low, z & low));
    // The palette's place, spread out so that means differ from every leaf; the position, so that they differ in place.
    samples.colors.push((Math.imul(index, 0x00352b1d) ^ (x | (y << 8) | (z << 16))) >>> 0 | 0x80000000);
    samples.materials.push(index);
  }
  return [...regions.values()].map(({ keys, colors, materials }) => ({
    keys: Uint32Array.from(keys),
    colors: Uint32Array.from(colors),
    materials: Uint8Array.from(materials),
  }));
}
