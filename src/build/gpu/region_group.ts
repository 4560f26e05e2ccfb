import type { Samples, TreeKind } from "../../tree/mod.ts";
import type { BatchJob } from "./batch_job.ts";
import { GRID_FIELDS, GRID_WORDS, REGION_WORDS } from "./grid_words.ts";
import type { Capacities, RegionSize } from "./capacities.ts";

/** Samples that one workgroup takes at most. */
const SPAN_SAMPLES = 2048;

/** Regions of one kind that are built together, their samples joined. None is empty. */
export class RegionGroup {
  readonly kind: TreeKind;
  /** Tells the buffers of groups of one submit apart. */
  readonly name: string;
  readonly sizes: readonly RegionSize[];
  /** Samples of all regions, one region after another. */
  readonly samples: Samples;
  /** Words of all directories: one bit a brick of 8^3 cells. */
  readonly directoryWords: number;

  constructor(kind: TreeKind, jobs: readonly BatchJob[], name: string = kind) {
    this.kind = kind;
    this.name = name;
    this.sizes = jobs.map(regionSize);
    this.samples = joinSamples(jobs.map(({ samples }) => samples));
    this.directoryWords = this.sizes.reduce((words, { depth }) => words + directoryWords(depth), 0);
  }

  /** The samples cut into spans for workgroups, as `shared/span.wgsl` has them. */
  spans(): Uint32Array {
    const spans: number[] = [];
    let first = 0;
    for (const [region, { samples }] of this.sizes.entries()) {
      for (let at = 0; at < samples; at += SPAN_SAMPLES) {
        spans.push(region, first + at, Math.min(SPAN_SAMPLES, samples - at), 0);
      }
      first += samples;
    }
    return Uint32Array.from(spans);
  }

  /** The grid with its regions, as `shared/grid.wgsl` has it. */
  grid(room: Capacities): Uint32Array {
    const words = new Uint32Array(GRID_WORDS + REGION_WORDS * this.sizes.length);
    words[GRID_FIELDS.regionCount] = this.sizes.length;
    words[GRID_FIELDS.directoryWords] = this.directoryWords;
    words[GRID_FIELDS.brickCapacity] = room.bricks;
    words[GRID_FIELDS.leafCapacity] = room.leaves;
    words[GRID_FIELDS.upperCapacity] = room.uppers;
    words[GRID_FIELDS.nodeCapacity] = room.nodes;
    words[GRID_FIELDS.maskCapacity] = room.masks;
    const out = outputPlanes(room);
    words[GRID_FIELDS.outMasks] = out.masks;
    words[GRID_FIELDS.outMaterials] = out.materials;
    words[GRID_FIELDS.outColors] = out.colors;
    words[GRID_FIELDS.sampleCount] = this.samples.keys.length;
    words[GRID_FIELDS.keyBits] = 3 * this.sizes.reduce((deepest, { depth }) => Math.max(deepest, depth), 0);
    let base = 0;
    for (const [region, { depth }] of this.sizes.entries()) {
      words.set([base, directoryWords(depth), depth, 0], GRID_WORDS + REGION_WORDS * region);
      base += directoryWords(depth);
    }
    return words;
  }
}

/** First words of the planes of the output, and their end. */
export interface OutputPlanes {
  readonly masks: number;
  readonly materials: number;
  readonly colors: number;
  readonly end: number;
}

/** Lays out the output: masks, materials (bytes, filled up to words) and colours, one after another. */
export function outputPlanes({ nodes, masks }: Capacities): OutputPlanes {
  const materials = Math.ceil(masks / 4);
  const colors = materials + Math.ceil(nodes / 4);
  return { masks: 0, materials, colors, end: colors + nodes };
}

/** Size of a job. */
export function regionSize({ depth, samples }: BatchJob): RegionSize {
  return { depth, samples: samples.keys.length };
}

/** Words of a region's directory: one bit a brick, one word at least. */
export function directoryWords(depth: number): number {
  return Math.max(1, 8 ** (depth - 3) / 32);
}

function joinSamples(parts: readonly Samples[]): Samples {
  const count = parts.reduce((sum, { keys }) => sum + keys.length, 0);
  const joined = {
    keys: new Uint32Array(count),
    colors: new Uint32Array(count),
    materials: new Uint8Array(count),
  };
  let at = 0;
  for (const { keys, colors, materials } of parts) {
    joined.keys.set(keys, at);
    joined.colors.set(colors, at);
    joined.materials.set(materials, at);
    at += keys.length;
  }
  return joined;
}
