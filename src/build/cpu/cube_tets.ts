import {
  CHILD_INDEX,
  OCTANTS_OF_TYPE,
  PARENT_TYPE,
  popcount8,
  type Samples,
  TET_TYPES,
} from "../../tree/mod.ts";
import type { BuildScratch } from "./build_scratch.ts";
import type { LeafPlanes } from "./leaf_planes.ts";
import { packSmallMean, TWO_CHANNELS } from "./mean_colors.ts";
import type { FinestNodes } from "./tree_masks.ts";

/** Parent's type << 3 | child index, by octant and the child's type. */
const STEPS = Uint8Array.from({ length: 8 * TET_TYPES }, (_, i) => {
  const octant = Math.floor(i / TET_TYPES);
  return (PARENT_TYPE[i]! << 3) | CHILD_INDEX[8 * (i % TET_TYPES) + octant]!;
});

/** Of the four octants of each type, the two that are not octant 0 or 7, which all types share. */
const SIDE_OCTANTS = Uint8Array.from({ length: 2 * TET_TYPES }, (_, i) => {
  const octants = [1, 2, 3, 4, 5, 6].filter((octant) => (OCTANTS_OF_TYPE[i >> 1]! >> octant & 1) === 1);
  return octants[i & 1]!;
});

/**
 * The leaf tetrahedra that some voxels overlap: those of cube after cube in the order of the cubes' Morton codes, each of
 * them once, under its own key. Colour and material are the mean and the mode of its voxels, of which it has one to four.
 * Linear in the cubes: the first digits of the keys are carried from one cube to the next, six types at a time.
 *
 * @param cubes cubes of side two voxels, their masks telling the octants that are voxels
 * @param voxels these voxels in key order
 * @returns views into the scratch, gone with the next build
 */
export function tetsOfCubes(
  { parentKeys, parentMasks }: FinestNodes,
  voxels: LeafPlanes,
  depth: number,
  scratch: BuildScratch,
): Samples {
  const { keys, colors, materials } = scratch.tets(TET_TYPES * parentKeys.length);
  const prefixes = new Uint32Array(8 * depth);
  const leafKeys = prefixes.subarray(8 * (depth - 1));
  const cube = new CubeVoxels();
  const { redBlue, greenAlpha } = cube;
  for (let type = 0; type < TET_TYPES; type++) prefixes[type] = type;
  let previous = -1;
  let voxel = 0;
  let tet = 0;
  for (let i = 0; i < parentKeys.length; i++) {
    const octants = parentMasks[i]!;
    moveKeys(prefixes, previous, previous = parentKeys[i]!, depth);
    cube.read(octants, voxels, voxel);
    voxel += popcount8(octants);
    const sharedRedBlue = redBlue[0]! + redBlue[7]!;
    const sharedGreenAlpha = greenAlpha[0]! + greenAlpha[7]!;
    for (let type = 0; type < TET_TYPES; type++) {
      // Written in any case and overwritten by the next if it holds no voxel: a branch less to guess.
      const own = octants & OCTANTS_OF_TYPE[type]!;
      const one = SIDE_OCTANTS[2 * type]!;
      const other = SIDE_OCTANTS[2 * type + 1]!;
      keys[tet] = leafKeys[type]!;
      colors[tet] = packSmallMean(
        sharedRedBlue + redBlue[one]! + redBlue[other]!,
        sharedGreenAlpha + greenAlpha[one]! + greenAlpha[other]!,
        popcount8(own),
      );
      materials[tet] = cube.isOneMaterial ? cube.material : cube.modeOf(own);
      if (own !== 0) tet++;
    }
  }
  return {
    keys: keys.subarray(0, tet),
    colors: colors.subarray(0, tet),
    materials: materials.subarray(0, tet),
  };
}

/**
 * Keys of the six types of a cube and of all cubes around it, eight entries a level, from those of the cube before it: only
 * the levels below the last cube that holds both are computed anew.
 */
function moveKeys(prefixes: Uint32Array, from: number, to: number, depth: number): void {
  // Of a change in bit 0 to 23 its digit, without a division; from nowhere (-1) all digits change.
  const changed = from ^ to;
  const first = changed < 0 ? depth - 2 : Math.imul(31 - Math.clz32(changed), 11) >> 5;
  for (let digit = first; digit >= 0; digit--) {
    const steps = TET_TYPES * ((to >>> (3 * digit)) & 7);
    const at = 8 * (depth - 1 - digit);
    for (let type = 0; type < TET_TYPES; type++) {
      const step = STEPS[steps + type]!;
      prefixes[at + type] = (prefixes[at - 8 + (step >>> 3)]! << 3) | (step & 7);
    }
  }
}

/** The voxels of one cube by octant. */
class CubeVoxels {
  /** Red and blue, one in each half of a word, 0 where no voxel is. */
  readonly redBlue: Uint32Array = new Uint32Array(8);
  /** Green and alpha in the same way. */
  readonly greenAlpha: Uint32Array = new Uint32Array(8);
  /** Of the first voxel. */
  material = 0;
  isOneMaterial = true;
  readonly #materials: Uint8Array = new Uint8Array(8);

  /** Takes the voxels in `octants`, in key order from `first` on. */
  read(octants: number, { colors, materials }: LeafPlanes, first: number): void {
    const { redBlue, greenAlpha } = this;
    for (let octant = 0; octant < 8; octant++) {
      redBlue[octant] = 0;
      greenAlpha[octant] = 0;
    }
    const material = materials[first]!;
    let voxel = first;
    let differences = 0;
    for (let rest = octants; rest !== 0; rest &= rest - 1) {
      const octant = lowestBit(rest);
      const color = colors[voxel]!;
      redBlue[octant] = color & TWO_CHANNELS;
      greenAlpha[octant] = (color >>> 8) & TWO_CHANNELS;
      differences |= material ^ materials[voxel]!;
      this.#materials[octant] = materials[voxel++]!;
    }
    this.material = material;
    this.isOneMaterial = differences === 0;
  }

  /** The commonest material of some of them, the lowest of equals. */
  modeOf(octants: number): number {
    let best = 0;
    let bestCount = 0;
    for (let rest = octants; rest !== 0; rest &= rest - 1) {
      const material = this.#materials[lowestBit(rest)]!;
      let count = 0;
      for (let other = octants; other !== 0; other &= other - 1) {
        if (this.#materials[lowestBit(other)] === material) count++;
      }
      if (count > bestCount || (count === bestCount && material < best)) {
        best = material;
        bestCount = count;
      }
    }
    return best;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
