import fc from "fast-check";
import type { Samples } from "../../src/tree/mod.ts";

/** One sample: key, RGBA8, material. */
export type Sample = readonly [key: number, color: number, material: number];

export function toSamples(list: readonly Sample[]): Samples {
  return {
    keys: Uint32Array.from(list, ([key]) => key),
    colors: Uint32Array.from(list, ([, color]) => color),
    materials: Uint8Array.from(list, ([, , material]) => material),
  };
}

export function toList({ keys, colors, materials }: Samples): Sample[] {
  return Array.from(keys, (key, i) => [key, colors[i]!, materials[i]!]);
}

/** A sample a key of `keys`, colours and materials set by a fixed rule. */
export function paint(keys: Iterable<number>): Samples {
  return toSamples(Array.from(keys, (key) => {
    return [key, (Math.imul(key + 1, 0x9e3779b1) | 0x01000000) >>> 0, (key >> 2) % 5];
  }));
}

/** Visible colours; now and then one value from few, so that equal means and ties come up. */
const color = fc.oneof(
  fc.integer({ min: 0x01000000, max: 0xffffffff }),
  fc.constantFrom(0xff0000ff, 0xffffffff, 0x01000000, 0x80ff01fe),
);
const material = fc.oneof(fc.nat(3), fc.nat(255));

/**
 * Samples of a region of `depth`: scattered keys, crowded ones that fill nodes and repeat cells, and runs on the diagonal.
 */
export function sampleLists(depth: number, maxLength: number = 200): fc.Arbitrary<Sample[]> {
  const scattered = fc.nat(8 ** depth - 1);
  const crowded = fc.tuple(fc.nat(8 ** depth - 1), fc.nat(31)).map(([base, step]) => {
    return Math.floor(base / 8 ** (depth - 1)) * 8 ** (depth - 1) + step;
  });
  const diagonal = fc.nat(2 ** depth - 1).map((i) => diagonalKey(i, depth));
  return fc.array(fc.tuple(fc.oneof(scattered, crowded, diagonal), color, material), {
    maxLength,
    size: "max",
  });
}

/** Morton key of cell (i, i, i): all three bits of a level are bit `level` of i. */
export function diagonalKey(i: number, depth: number): number {
  let key = 0;
  for (let level = depth - 1; level >= 0; level--) key = key * 8 + 7 * ((i >> level) & 1);
  return key;
}

/** The list in an order that depends on `seed` alone. */
export function permute<T>(list: readonly T[], seed: number): T[] {
  const out = [...list];
  let state = seed | 0;
  for (let i = out.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const j = (state >>> 8) % (i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
