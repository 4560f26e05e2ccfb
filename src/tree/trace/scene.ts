import { MAX_CELL_BITS, MAX_LEVEL } from "../../space/mod.ts";
import type { TreeKind } from "../tree.ts";
import type { PackedTree } from "./packed_tree.ts";

/** Words before the root in `Scene.top`: the level of the regions, and the number of records. */
export const TOP_HEADER_WORDS = 2;

/** Words of a record in `Scene.regions`. */
export const REGION_WORDS = 4;

/** What the words of a record are. */
export const REGION_FIELD = {
  /** Place of the region's root in `Scene.nodes`. */
  nodes: 0,
  /** Place of the root in `Scene.colors`; the inner nodes follow in tree order. */
  colors: 1,
  /** Number of inner nodes, so that leaf i is at `colors + leaves + i`. */
  leaves: 2,
  /** Levels below the region's root. */
  depth: 3,
} as const;

/** A region and what is known of it. */
export interface SceneRegion {
  /** Its Morton code at the scene's level. */
  readonly morton: number;
  /** Of any depth: a coarser level of detail is a tree of less depth. */
  readonly tree: PackedTree;
}

/**
 * A world for rays: an octree over its regions, and below each of its leaves the tree of the region. All arrays are flat, as
 * a GPU takes them.
 */
export interface Scene {
  readonly kind: TreeKind;
  /** The world is 2^level regions an axis. */
  readonly level: number;
  /**
   * The level, the number of records, then the octree over regions, breadth first: `mask | child << 8` a node, `child` being
   * the place of the first child in this array, and for the last level the first record. At level 0 there is no octree:
   * record 0 is the world.
   */
  readonly top: Uint32Array;
  /** `REGION_WORDS` a record, in Morton order. */
  readonly regions: Uint32Array;
  /** Morton code of each record. */
  readonly mortons: Uint32Array;
  /** Words of all trees, one after another. */
  readonly nodes: Uint32Array;
  /** Colours of all trees, one after another. */
  readonly colors: Uint32Array;
  /** Materials in the order of `colors`, with zeros up to whole words. */
  readonly materials: Uint8Array;
}

/**
 * Puts regions together; those without a node are left out. Linear in the bytes of their trees, which are copied.
 *
 * @throws RangeError if a region is of another kind, lies outside of the world, is given twice or is deeper than
 * `MAX_CELL_BITS` levels below the world
 */
export function createScene(kind: TreeKind, level: number, regions: readonly SceneRegion[]): Scene {
  if (!Number.isInteger(level) || level < 0 || level > MAX_LEVEL) {
    throw new RangeError(`Level of regions must be a whole number from 0 to ${MAX_LEVEL}, got ${level}`);
  }
  const held = regions.filter(({ tree }) => tree.colors.length > 0).sort((a, b) => a.morton - b.morton);
  held.forEach((region, i) => checkRegion(region, kind, level, held[i - 1]));
  const records = new Uint32Array(held.length * REGION_WORDS);
  let nodes = 0;
  let colors = 0;
  held.forEach(({ tree }, i) => {
    const at = i * REGION_WORDS;
    records[at + REGION_FIELD.nodes] = nodes;
    records[at + REGION_FIELD.colors] = colors;
    records[at + REGION_FIELD.leaves] = tree.words.length;
    records[at + REGION_FIELD.depth] = tree.depth;
    nodes += tree.words.length;
    colors += tree.colors.length;
  });
  const mortons = Uint32Array.from(held, ({ morton }) => morton);
  const scene = {
    kind,
    level,
    top: topWords(level, mortons),
    regions: records,
    mortons,
    nodes: new Uint32Array(nodes),
    colors: new Uint32Array(colors),
    materials: new Uint8Array(Math.ceil(colors / 4) * 4),
  };
  held.forEach(({ tree }, i) => {
    const at = i * REGION_WORDS;
    scene.nodes.set(tree.words, records[at + REGION_FIELD.nodes]!);
    scene.colors.set(tree.colors, records[at + REGION_FIELD.colors]!);
    scene.materials.set(tree.materials, records[at + REGION_FIELD.colors]!);
  });
  return scene;
}

function checkRegion(
  { morton, tree }: SceneRegion,
  kind: TreeKind,
  level: number,
  before: SceneRegion | undefined,
): void {
  if (!Number.isInteger(morton) || morton < 0 || morton >= 8 ** level) {
    throw new RangeError(`Region ${morton} lies outside of a world of ${2 ** level} regions an axis`);
  }
  if (morton === before?.morton) throw new RangeError(`Region ${morton} is given twice`);
  if (tree.kind !== kind) throw new RangeError(`Region ${morton} is an ${tree.kind} in a scene of ${kind}`);
  if (level + tree.depth > MAX_CELL_BITS) {
    throw new RangeError(
      `Region ${morton} is ${tree.depth} levels deep, ${MAX_CELL_BITS - level} fit below level ${level}`,
    );
  }
}

/** The octree over the regions, made from its last level up. */
function topWords(level: number, mortons: Uint32Array): Uint32Array {
  const levels: TopLevel[] = [];
  let keys = mortons;
  for (let l = level; l > 0; l--) {
    const made = parentLevel(keys);
    levels.unshift(made);
    keys = made.keys;
  }
  const top = [level, mortons.length];
  levels.forEach(({ words }, l) => {
    // Children follow their own level, but those of the last are records.
    const children = l + 1 < levels.length ? top.length + words.length : 0;
    for (const word of words) top.push(word + children * 256);
  });
  // A world without regions still has a root.
  if (level > 0 && mortons.length === 0) top.push(0);
  return Uint32Array.from(top);
}

/** One level of the octree over regions. */
interface TopLevel {
  readonly keys: Uint32Array;
  /** Children counted from 0 in the level below. */
  readonly words: readonly number[];
}

function parentLevel(children: Uint32Array): TopLevel {
  const keys: number[] = [];
  const words: number[] = [];
  children.forEach((child, i) => {
    const key = Math.floor(child / 8);
    if (keys.at(-1) !== key) {
      keys.push(key);
      words.push(i * 256);
    }
    words[words.length - 1]! += 1 << (child % 8);
  });
  return { keys: Uint32Array.from(keys), words };
}
