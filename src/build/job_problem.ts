import type { Samples } from "../tree/mod.ts";

/** The error of a kind that is neither. */
export function kindError(kind: string): RangeError {
  return new RangeError(`Cannot build a tree of kind ${kind}, expected esvo or esvt`);
}

/** Whether the samples' arrays differ in length, in words; undefined if they do not. */
export function lengthProblem({ keys, colors, materials }: Samples): RangeError | undefined {
  if (colors.length === keys.length && materials.length === keys.length) return undefined;
  return new RangeError(
    `Samples need as many colours and materials as keys: ${keys.length} keys, ${colors.length} colours, ` +
      `${materials.length} materials`,
  );
}

/** The first key that no region of this depth has, in words; undefined if there is none. */
export function keyProblem(keys: Uint32Array, depth: number): RangeError | undefined {
  const limit = 8 ** depth;
  const index = keys.findIndex((key) => key >= limit);
  if (index < 0) return undefined;
  return new RangeError(
    `Cannot build a region of depth ${depth}: key ${keys[index]} of sample ${index} is not below ${limit}`,
  );
}
