import { buildTree } from "../../src/build/mod.ts";
import { createGrid, encodeMorton, type Grid, regionKey } from "../../src/space/mod.ts";
import type { TracedRegion, TracedWorld } from "../../src/trace/mod.ts";
import type { PictureCamera } from "../../src/trace/mod.ts";
import { createScene, packTree, type Samples, type Scene, type TreeKind } from "../../src/tree/mod.ts";

/** Whether a cell is there: its coordinates in cells of the world. */
type Solid = (x: number, y: number, z: number) => boolean;

/** A world of 2 x 2 x 2 regions of 16 cells an axis, 8 world units wide, not at zero. */
export const GRID: Grid = createGrid({ min: [-4, 10, -4], max: [4, 18, 4] }, 1, 4);

const CELLS = 32;

/** A ball above a floor: faces of all sides, a shadow, and regions with and without cells. */
export function ballOverFloor(x: number, y: number, z: number): boolean {
  return y < 2 || Math.hypot(x - 15.5, y - 16.5, z - 15.5) < 9;
}

/** The regions of a world of these cells. Cells have colours of their own. */
export function worldOf(kind: TreeKind, isSolid: Solid, version = 1, id = "test"): TracedWorld {
  const regions: TracedRegion[] = [];
  for (let morton = 0; morton < 8; morton++) {
    const samples = samplesOf(isSolid, morton);
    if (samples.keys.length === 0) continue;
    const tree = buildTree(kind, samples, GRID.depth);
    regions.push({ key: regionKey(GRID.level, morton), version, lod: 0, tree });
  }
  return { id, grid: GRID, kind, regions };
}

/** The same as Workers have it. */
export function sceneOf({ kind, grid, regions }: TracedWorld): Scene {
  return createScene(
    kind,
    grid.level,
    regions.map(({ key, tree }) => ({ morton: key & 7, tree: packTree(tree) })),
  );
}

/** Sees the world from above one of its corners. */
export function cameraAt(widthPx: number, heightPx: number): PictureCamera {
  return { eye: [9, 19, 12], lookAt: [0, 13, 0], up: [0, 1, 0], fovY: 0.8, widthPx, heightPx };
}

function samplesOf(isSolid: Solid, morton: number): Samples {
  const half = CELLS / 2;
  const keys: number[] = [];
  const colors: number[] = [];
  for (let z = 0; z < half; z++) {
    for (let y = 0; y < half; y++) {
      for (let x = 0; x < half; x++) {
        const place = [
          x + half * (morton & 1),
          y + half * (morton >> 1 & 1),
          z + half * (morton >> 2),
        ] as const;
        if (!isSolid(...place)) continue;
        keys.push(encodeMorton(x, y, z));
        colors.push(
          (place[0] * 7 + 20 | place[1] * 7 + 20 << 8 | place[2] * 7 + 20 << 16 | 0xff000000) >>> 0,
        );
      }
    }
  }
  return {
    keys: Uint32Array.from(keys),
    colors: Uint32Array.from(colors),
    materials: Uint8Array.from(keys, (key) => key & 7),
  };
}
