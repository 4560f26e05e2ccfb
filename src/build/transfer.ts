import type { Samples, Tree } from "../tree/mod.ts";

/** The different buffers under some arrays, each of which spans its own. */
export function buffersOf(...arrays: readonly (Uint8Array | Uint32Array)[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer } of arrays) {
    if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  }
  return [...buffers];
}

/** Samples whose buffers hold nothing else, so that they can move to another thread: views into larger ones are copied. */
export function movableSamples({ keys, colors, materials }: Samples): Samples {
  return { keys: whole(keys), colors: whole(colors), materials: whole(materials) };
}

/** The same for a tree. */
export function movableTree({ kind, depth, counts, masks, colors, materials }: Tree): Tree {
  return {
    kind,
    depth,
    counts: whole(counts),
    masks: whole(masks),
    colors: whole(colors),
    materials: whole(materials),
  };
}

/** Whether samples have moved to another thread before. */
export function areGone({ keys, colors, materials }: Samples): boolean {
  return [keys, colors, materials].some(({ buffer }) => buffer instanceof ArrayBuffer && buffer.detached);
}

function whole<T extends Uint8Array | Uint32Array>(array: T): T {
  return array.byteLength === array.buffer.byteLength ? array : array.slice() as T;
}
