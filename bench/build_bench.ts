/**
 * Builds 2 million surface voxels in regions of 64^3, keys in random order, through the real builder, against
 * `Uint32Array.prototype.sort` of the same keys. The promised ratios are those to one sort of the whole array; sorting
 * region by region is cheaper, and printed beside them. "Whole trees" are masks, counts, and colours and materials on all
 * levels. Tetrees are measured against octrees of the same regions. The surface is computed before, the copies that sorting needs are made outside the measured time.
 */
import { BuildScratch } from "../src/build/cpu/build_scratch.ts";
import { buildEsvo } from "../src/build/cpu/esvo.ts";
import { buildEsvt } from "../src/build/cpu/esvt.ts";
import { addUpperLevels, findFinestNodes } from "../src/build/cpu/tree_masks.ts";
import type { Samples } from "../src/tree/mod.ts";
import { dragonSurface } from "./build_surface.ts";
import { needs } from "../tests/support/needs.ts";
import { benchWith } from "./support/need.ts";
import { ratioBench } from "./support/ratio.ts";

const DEPTH = 6;
const need = await needs({ read: "." });
const surface = need.ignore ? { count: 0, regions: [], codes: new Uint32Array() } : await dragonSurface();
const sortedRegions = surface.regions.map(sortSamples);
const scratch = new BuildScratch();
const size = `${surface.count} voxels, ${surface.regions.length} regions`;

let whole = surface.codes.slice();
let parts = surface.regions.map((region) => region.keys.slice());

/** Sorting is in place, so each measured sort gets fresh copies. */
function prepare(): void {
  whole = surface.codes.slice();
  parts = surface.regions.map((region) => region.keys.slice());
}

function sortWhole(): void {
  whole.sort();
}

function sortByRegion(): void {
  for (const part of parts) part.sort();
}

function masksOf(regions: readonly Samples[]): void {
  for (const { keys } of regions) addUpperLevels(findFinestNodes(keys, DEPTH, scratch), DEPTH, scratch);
}

function treesOf(regions: readonly Samples[]): void {
  for (const region of regions) buildEsvo(region, DEPTH, scratch);
}

function tetreesOf(regions: readonly Samples[]): void {
  for (const region of regions) buildEsvt(region, DEPTH, scratch);
}

/** Leaves of all trees of a kind. */
function leavesOf(build: typeof buildEsvo): number {
  return surface.regions.reduce((sum, region) => sum + build(region, DEPTH, scratch).counts[DEPTH]!, 0);
}

function sortSamples({ keys, colors, materials }: Samples): Samples {
  const order = Uint32Array.from(keys, (_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
  return {
    keys: order.map((i) => keys[i]!),
    colors: order.map((i) => colors[i]!),
    materials: Uint8Array.from(order, (i) => materials[i]!),
  };
}

const shuffled = surface.regions;
const tetsPerVoxel = need.ignore ? 1 : leavesOf(buildEsvt) / leavesOf(buildEsvo);
const cases = [
  {
    name: "masks against one sort of all keys",
    base: sortWhole,
    product: () => masksOf(shuffled),
    atMost: 0.6,
  },
  {
    name: "masks against a sort a region",
    base: sortByRegion,
    product: () => masksOf(shuffled),
  },
  {
    name: "whole trees against one sort of all keys",
    base: sortWhole,
    product: () => treesOf(shuffled),
    atMost: 1.5,
  },
  {
    name: "whole trees against a sort a region",
    base: sortByRegion,
    product: () => treesOf(shuffled),
  },
  {
    name: "whole trees from sorted samples against a sort a region",
    base: sortByRegion,
    product: () => treesOf(sortedRegions),
  },
  {
    name: "whole tetrees against whole octrees",
    base: () => treesOf(shuffled),
    product: () => tetreesOf(shuffled),
    atMost: 3,
  },
  {
    // Twice the time for as many leaves, told as a ratio of whole builds.
    name: `whole tetrees against twice the octrees' time a leaf, at ${tetsPerVoxel.toFixed(3)} leaves to one`,
    base: () => treesOf(shuffled),
    product: () => tetreesOf(shuffled),
    atMost: 2 * tetsPerVoxel,
  },
];
if (need.ignore) benchWith(need, { name: "Build" }, () => {});
else for (const one of cases) ratioBench({ ...one, name: `Build, ${one.name} (${size})`, prepare });
