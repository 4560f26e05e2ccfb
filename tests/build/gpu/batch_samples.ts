import fc from "fast-check";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { encodeMorton } from "../../../src/space/mod.ts";
import { type Samples, TREE_KINDS, type TreeKind } from "../../../src/tree/mod.ts";
import { diagonalKey, paint, sampleLists, toSamples } from "../samples.ts";

/** Samples with shapes that are hard on a build, by name. */
export const HARD_SHAPES: Readonly<Record<string, (depth: number) => Samples>> = {
  "one voxel": () => paint([0]),
  "the last voxel": (depth) => paint([8 ** depth - 1]),
  "the corners": (depth) => paint(Array.from({ length: 8 }, (_, slot) => slot * ((8 ** depth - 1) / 7))),
  "the diagonal": (depth) => paint(Array.from({ length: 2 ** depth }, (_, i) => diagonalKey(i, depth))),
  "one brick full": (depth) => paint(Array.from({ length: 512 }, (_, i) => 8 ** depth - 512 + i)),
  "one column of bricks": (depth) => {
    const low = 2 ** depth - 1;
    return paint(
      Array.from({ length: 2 ** depth * 16 }, (_, i) => encodeMorton(i & 3, low - ((i >> 2) & 3), i >> 4)),
    );
  },
  "one voxel a brick": (depth) =>
    paint(Array.from({ length: Math.min(8 ** (depth - 3), 600) }, (_, i) => 512 * i + (i * 37) % 512)),
  "a cube of one voxel in eight": (depth) =>
    paint(Array.from({ length: Math.min(8 ** (depth - 1), 600) }, (_, i) => 8 * i + i % 8)),
  "materials all different": (depth) => {
    const count = Math.min(8 ** depth, 600);
    return {
      keys: Uint32Array.from({ length: count }, (_, i) => i),
      colors: new Uint32Array(count).fill(0xffffffff),
      materials: Uint8Array.from({ length: count }, (_, i) => 255 - i % 256),
    };
  },
  "the same voxels over and over": () => {
    const { keys, colors, materials } = paint(Array.from({ length: 360 }, (_, i) => i % 3));
    return {
      keys,
      colors: colors.map((color, i) => (color ^ (i * 0x010305)) >>> 0 | 0x01000000),
      materials: materials.map((_, i) => i % 7),
    };
  },
};

/** Random samples of a region, its kind and its depth; a failure prints the seed. */
export function jobs(maxLength: number, kinds: readonly TreeKind[] = TREE_KINDS): fc.Arbitrary<BatchJob> {
  return fc.integer({ min: 3, max: 8 }).chain((depth) =>
    fc.record({
      kind: fc.constantFrom(...kinds),
      depth: fc.constant(depth),
      samples: sampleLists(depth, maxLength).map(toSamples),
    })
  );
}

/** A sphere's surface, about three voxels for each that a flat cut has. */
export function sphere(depth: number): Samples {
  const size = 2 ** depth;
  const radius = size / 2 - 1;
  const keys: number[] = [];
  for (let x = 0; x < size; x++) {
    for (let y = 0; y < size; y++) {
      for (let z = 0; z < size; z++) {
        const distance = Math.hypot(x + 0.5 - size / 2, y + 0.5 - size / 2, z + 0.5 - size / 2);
        if (Math.abs(distance - radius) < 0.5) keys.push(encodeMorton(x, y, z));
      }
    }
  }
  return paint(keys);
}

/** Points far from one another: nearly every one has a brick and ancestors of its own. */
export function scattered(count: number, depth: number): Samples {
  const step = 8 ** depth / count;
  return paint(Array.from({ length: count }, (_, i) => Math.floor(i * step + (i * 7919) % step)));
}

/** A full cube of side two in every brick of 8^3 cells: 32,768 bricks at depth 8, and too full to be sorted. */
export function allBricks(depth: number): Samples {
  const bricks = 8 ** (depth - 3);
  return paint(Array.from({ length: 8 * bricks }, (_, i) => {
    const brick = i >> 3;
    return 512 * brick + 8 * ((brick * 37) % 64) + (i & 7);
  }));
}

/** A region without a free cell. */
export function full(depth: number): Samples {
  const count = 8 ** depth;
  return {
    keys: Uint32Array.from({ length: count }, (_, i) => i),
    colors: Uint32Array.from({ length: count }, (_, i) => (Math.imul(i, 0x9e3779b1) | 0xff000000) >>> 0),
    materials: Uint8Array.from({ length: count }, (_, i) => (i >> 3) % 11),
  };
}
