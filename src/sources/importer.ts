import type { Grid, Vec3 } from "../space/mod.ts";
import { ImportError } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import type { ImportProgress, ImportReply, ImportRequest, ImportResult } from "./import_messages.ts";
import type { UpAxis } from "./parsed_model.ts";

export interface ImporterOptions {
  /** Grid of the world that the voxels are for. */
  readonly grid: Grid;
  /** Cells along the longest axis; by default a voxel is a cell, or points fill 256. */
  readonly resolution?: number;
  /** Cell of the lowest corner; by default the middle of the floor. */
  readonly at?: Vec3;
  /** The axis that points up in the file; by default z for .vox and y for .ply. */
  readonly up?: UpAxis;
  readonly limits: ImportLimits;
  /** Default 65,536. */
  readonly maxCellsPerPatch?: number;
  /** Aborting ends the Worker at once. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Told what memory the Worker takes for itself; 0 once it has ended. */
  readonly onMemory?: (bytes: number) => void;
}

/**
 * Reads a model file in a Worker of its own and turns it into patches for the grid's world. The format is found by the
 * content. `bytes` moves to the Worker: its buffer is empty afterwards.
 *
 * Throws ImportError for whatever is wrong with the file, RangeError for options that do not fit the grid, and the
 * signal's reason when it aborts.
 */
export function importFile(bytes: Uint8Array<ArrayBuffer>, options: ImporterOptions): Promise<ImportResult> {
  const { signal, onProgress, onMemory } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const worker = new Worker(new URL("./import_worker.ts", import.meta.url), {
    type: "module",
    name: "import",
  });
  const { promise, resolve, reject } = Promise.withResolvers<ImportResult>();
  worker.onmessage = (event: MessageEvent<ImportReply>) => {
    const reply = event.data;
    if (reply.type === "progress") {
      onMemory?.(reply.memoryBytes);
      onProgress?.(reply.progress);
    } else if (reply.type === "result") resolve(reply.result);
    else reject(errorOf(reply));
  };
  worker.onerror = (event) => {
    event.preventDefault(); // Unhandled, a Worker's error would end the whole process.
    reject(new Error(`Import Worker failed: ${event.message}`));
  };
  worker.onmessageerror = () => reject(new Error("Import Worker sent something unreadable"));
  const abort = () => reject(signal!.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.postMessage(requestOf(bytes, options), [bytes.buffer]);
  return promise.finally(() => {
    worker.terminate();
    onMemory?.(0);
    signal?.removeEventListener("abort", abort);
  });
}

function requestOf(bytes: Uint8Array<ArrayBuffer>, options: ImporterOptions): ImportRequest {
  const { grid, resolution, at, up, maxCellsPerPatch } = options;
  return {
    bytes,
    bounds: grid.bounds,
    level: grid.level,
    depth: grid.depth,
    limits: options.limits,
    ...(resolution === undefined ? {} : { resolution }),
    ...(at === undefined ? {} : { at }),
    ...(up === undefined ? {} : { up }),
    ...(maxCellsPerPatch === undefined ? {} : { maxCellsPerPatch }),
  };
}

function errorOf(reply: Extract<ImportReply, { type: "refused" | "failed" }>): Error {
  if (reply.type === "refused") return new ImportError(reply.problem);
  return reply.name === "RangeError"
    ? new RangeError(reply.message)
    : new Error(`Import failed: ${reply.message}`);
}
