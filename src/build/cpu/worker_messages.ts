import type { Tree } from "../../tree/mod.ts";
import type { BuildJob } from "../builder.ts";

/** To a Worker: one job. The samples' buffers are transferred. */
export interface BuildRequestMessage {
  readonly type: "build";
  readonly id: number;
  readonly job: BuildJob;
}

/** From a Worker: it has loaded and takes jobs (once), or what became of a job, in the order of the requests. */
export type BuildReplyMessage =
  | { readonly type: "ready" }
  | {
    readonly type: "built";
    readonly id: number;
    readonly tree: Tree;
    /** Level of detail and payload of codec 2. */
    readonly payloads: readonly (readonly [lod: number, payload: Uint8Array])[];
    readonly buildMs: number;
  }
  | {
    readonly type: "failed";
    readonly id: number;
    /** Class of the error: a RangeError stays one on the other side. */
    readonly name: string;
    readonly message: string;
  };

/** The samples to send with a job, and the buffers that move with them instead of being copied. */
export function handOver(job: BuildJob): { readonly job: BuildJob; readonly transfer: ArrayBuffer[] } {
  const samples = {
    keys: whole(job.samples.keys),
    colors: whole(job.samples.colors),
    materials: whole(job.samples.materials),
  };
  return { job: { ...job, samples }, transfer: buffersOf(samples.keys, samples.colors, samples.materials) };
}

/** The different buffers under some arrays, each of which spans its own. */
export function buffersOf(...arrays: readonly (Uint8Array | Uint32Array)[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer } of arrays) {
    if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  }
  return [...buffers];
}

/** A view into a larger buffer is copied: moving that buffer would take away what else lies in it. */
function whole<T extends Uint8Array | Uint32Array>(array: T): T {
  return array.byteLength === array.buffer.byteLength ? array : array.slice() as T;
}
