import { type Bounds, regionBounds, type RegionKey, type Vec3 } from "../space/mod.ts";
import type { VoxelScene } from "./voxel_scene.ts";

/** The box of all regions that a scene holds, or undefined if it holds none. O(regions). */
export function sceneBounds(scene: VoxelScene): Bounds | undefined {
  return unionBounds([...scene.meshes.keys()].map((key: RegionKey) => regionBounds(scene.grid, key)));
}

/** The least box around boxes, or undefined if there are none. */
export function unionBounds(boxes: readonly Bounds[]): Bounds | undefined {
  if (boxes.length === 0) return undefined;
  const pick = (best: (a: number, b: number) => number, corner: (box: Bounds) => Vec3): Vec3 => {
    const [first, ...rest] = boxes.map(corner);
    return rest.reduce((a, b): Vec3 => [best(a[0], b[0]), best(a[1], b[1]), best(a[2], b[2])], first!);
  };
  return { min: pick(Math.min, (box) => box.min), max: pick(Math.max, (box) => box.max) };
}
