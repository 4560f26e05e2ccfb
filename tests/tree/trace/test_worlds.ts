import { encodeMorton, mortonX, mortonY, mortonZ } from "../../../src/space/mod.ts";
import { emptyTree, type TreeKind } from "../../../src/tree/mod.ts";
import { seededRandom } from "../../../src/observe/mod.ts";
import { keyTree, sheetVoxels, tetsOfVoxels } from "../key_tree.ts";
import { treeModelVoxels } from "../../build/model_regions.ts";
import type { WorldRegion } from "./scene_cells.ts";

/** Radius of the ball around the middle of its world, 1 = the world. */
const BALL_RADIUS = 0.375;

/** A world of either kind for rays. */
export interface TestWorld {
  readonly name: string;
  readonly level: number;
  readonly regions: readonly WorldRegion[];
}

/** A world of any shape, given as the voxels of each region; depths of regions differ. */
interface VoxelWorld {
  readonly name: string;
  readonly level: number;
  readonly regions: readonly {
    readonly morton: number;
    readonly depth: number;
    readonly keys: Uint32Array;
  }[];
}

const VOXEL_WORLDS: readonly VoxelWorld[] = [
  { name: "one voxel in one region", level: 0, regions: [region(0, 3, [encodeMorton(2, 5, 3)])] },
  { name: "a full region", level: 0, regions: [region(0, 2, Array(64).keys())] },
  { name: "scattered voxels in one region", level: 0, regions: [region(0, 4, scattered(1, 4, 120))] },
  { name: "sheets in one region", level: 0, regions: [region(0, 4, sheetVoxels(4, 2))] },
  {
    name: "eight regions of depths 0 to 5 and two without a voxel",
    level: 1,
    regions: [
      region(0, 3, scattered(2, 3, 40)),
      region(2, 5, sheetVoxels(5, 1)),
      region(3, 0, [0]),
      region(4, 4, []),
      region(5, 1, [0, 3, 6]),
      region(6, 2, scattered(3, 2, 9)),
      region(7, 4, scattered(4, 4, 200)),
    ],
  },
  {
    name: "a ball over 64 regions, coarser away from one corner",
    level: 2,
    regions: Array.from({ length: 64 }, (_, morton) => ballRegion(morton, 2, 4 - (morton >> 4))),
  },
  {
    name: "few of 512 regions",
    level: 3,
    regions: [0, 7, 8, 63, 64, 100, 219, 292, 365, 448, 511].map((morton) =>
      region(morton, 1 + morton % 3, scattered(morton, 1 + morton % 3, 6))
    ),
  },
  {
    name: "some of 2^15 cells an axis",
    level: 7,
    regions: [0, 1_000_000, 8 ** 7 - 1].map((morton) =>
      region(morton, 8, [0, 8 ** 8 - 1, ...scattered(morton, 8, 10)])
    ),
  },
  {
    name: "eight full regions of depths 0 to 3",
    level: 1,
    regions: [0, 1, 2, 3, 3, 2, 1, 2].map((depth, morton) => region(morton, depth, Array(8 ** depth).keys())),
  },
];

/** Worlds of a kind, the ball among them a shell of cells that share faces. */
export function testWorlds(kind: TreeKind): TestWorld[] {
  return VOXEL_WORLDS.map((world) => worldOf(kind, world));
}

/** `tree.vox`, 256^3 voxels in 64 regions, which hold 2^depth an axis, and every other one half of that. */
export async function modelWorld(kind: TreeKind, depth: number): Promise<TestWorld> {
  const regions = new Map<number, number[]>();
  const voxels = await treeModelVoxels();
  for (let i = 0; i < voxels.length; i += 4) {
    const [x, y, z] = [voxels[i]!, voxels[i + 1]!, voxels[i + 2]!];
    const morton = encodeMorton(x >> 6, y >> 6, z >> 6);
    const keys = regions.get(morton) ?? [];
    if (keys.length === 0) regions.set(morton, keys);
    keys.push(encodeMorton(x & 63, y & 63, z & 63));
  }
  return worldOf(kind, {
    name: "tree.vox",
    level: 2,
    regions: Array.from(regions, ([morton, keys]) => {
      const own = depth - (morton & 1);
      return region(morton, own, keys.map((key) => key >>> (3 * (6 - own))));
    }),
  });
}

/**
 * A slanted sheet through 8 regions: the cells whose coordinates, counted from either side on each axis, add up to one
 * number. They touch one another in edges only, but any two cells on either side of it that share a face are apart by it.
 *
 * @param axes what axes are counted, 0 = not, 1 = from the low side, -1 = from the high side
 */
export function slantedSheet(kind: TreeKind, depth: number, axes: readonly number[], sum: number): TestWorld {
  const edge = 2 ** (depth + 1);
  const keys = Array.from({ length: 8 }, (): number[] => []);
  for (let cell = 0; cell < edge ** 3; cell++) {
    const place = [mortonX(cell), mortonY(cell), mortonZ(cell)];
    const total = place.reduce(
      (a, c, axis) => a + (axes[axis] === 0 ? 0 : axes[axis] === 1 ? c : edge - 1 - c),
      0,
    );
    if (total === sum) keys[cell >> (3 * depth)]!.push(cell % 8 ** depth);
  }
  return worldOf(kind, {
    name: "a slanted sheet",
    level: 1,
    regions: keys.map((own, morton) => region(morton, depth, own)),
  });
}

function worldOf(kind: TreeKind, { name, level, regions }: VoxelWorld): TestWorld {
  return {
    name,
    level,
    regions: regions.map(({ morton, depth, keys }) => {
      if (keys.length === 0) return { morton, tree: emptyTree(kind, depth) };
      const leaves = kind === "esvo" || depth === 0 ? keys : tetsOfVoxels(keys, depth);
      return { morton, tree: keyTree(kind, depth, leaves) };
    }),
  };
}

function region(morton: number, depth: number, keys: Iterable<number>): VoxelWorld["regions"][number] {
  return { morton, depth, keys: Uint32Array.from(new Set(keys)).sort() };
}

function scattered(seed: number, depth: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Math.floor(random() * 8 ** depth));
}

/** The cells of a region, at its depth, that the sphere of three quarters of the world's width goes through. */
function ballRegion(morton: number, level: number, depth: number): VoxelWorld["regions"][number] {
  const cells = 2 ** (level + depth);
  const keys: number[] = [];
  for (let key = 0; key < 8 ** depth; key++) {
    let nearest = 0;
    let farthest = 0;
    for (const coordinate of [mortonX, mortonY, mortonZ]) {
      const low = ((coordinate(morton) << depth) + coordinate(key)) / cells - 0.5;
      const high = low + 1 / cells;
      nearest += Math.max(low, -high, 0) ** 2;
      farthest += Math.max(-low, high) ** 2;
    }
    if (nearest <= BALL_RADIUS ** 2 && BALL_RADIUS ** 2 <= farthest) keys.push(key);
  }
  return region(morton, depth, keys);
}
