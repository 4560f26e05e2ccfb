import type { Clock } from "../observe/mod.ts";
import type { Applied, Op, World } from "../world/mod.ts";
import type { ImportResult } from "./import_messages.ts";

export interface ApplyImportOptions {
  readonly clock: Clock;
  /** Pause between patches; 0, the default, still gives way to everything else that waits. */
  readonly pauseMs?: number;
  /** How long BUSY may last in one go before the import is given up; default 120 s. */
  readonly busyTimeoutMs?: number;
  /** Aborting undoes what was applied. */
  readonly signal?: AbortSignal;
  /** Patches done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What became of an import. */
export interface AppliedImport {
  readonly patches: number;
  /** Voxels that are not as they were. */
  readonly changed: number;
  /** How often the world was busy. */
  readonly waits: number;
}

const DEFAULT_BUSY_TIMEOUT_MS = 120_000;
const DEFAULT_RETRY_MS = 250;

/**
 * Writes an import into a world, one patch a turn of the event loop, waiting whenever the world is BUSY. Other sources
 * may write in between.
 *
 * When a patch is refused or the signal aborts, the inverses of the applied ones are applied, newest first, which gives
 * every cell that the import wrote the content that it had before (edits that others made to those very cells in the
 * meantime go with it); then the error is thrown. Until the end the inverses are kept: as much memory as the cells that
 * were written. Should undoing itself be refused, an AggregateError carries both errors.
 */
export async function applyImport(
  world: World,
  result: ImportResult,
  options: ApplyImportOptions,
): Promise<AppliedImport> {
  const { clock, signal, onProgress } = options;
  const total = result.patches.length;
  const undo: (readonly Op[])[] = [];
  const run: Run = { world, options, waits: 0 };
  let changed = 0;
  try {
    for (let i = 0; i < total; i++) {
      signal?.throwIfAborted();
      const applied = await applyWhenFree(run, { kind: "patch", cells: result.patches[i]! }, true);
      undo.push(applied.inverse ?? []);
      changed += applied.changed;
      onProgress?.(i + 1, total);
      await pause(clock, options.pauseMs ?? 0);
    }
    signal?.throwIfAborted();
  } catch (error) {
    await undoAll(run, undo, error);
    throw error;
  }
  return { patches: total, changed, waits: run.waits };
}

interface Run {
  readonly world: World;
  readonly options: ApplyImportOptions;
  waits: number;
}

async function applyWhenFree(run: Run, op: Op, undoable: boolean): Promise<Applied> {
  const { clock, signal, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS } = run.options;
  const deadline = clock.monotonic() + busyTimeoutMs;
  while (true) {
    try {
      return run.world.apply(op, { inverse: undoable });
    } catch (error) {
      if (!isBusy(error) || clock.monotonic() >= deadline) throw error;
      run.waits++;
      await pause(clock, error.retryAfterMs ?? DEFAULT_RETRY_MS);
      if (undoable) signal?.throwIfAborted();
    }
  }
}

async function undoAll(run: Run, undo: readonly (readonly Op[])[], reason: unknown): Promise<void> {
  try {
    for (const ops of undo.toReversed()) {
      for (const op of ops) await applyWhenFree(run, op, false);
      await pause(run.options.clock, 0);
    }
  } catch (error) {
    throw new AggregateError(
      [reason, error],
      "Import failed, and so did undoing it: the world holds part of it",
    );
  }
}

/** A refusal that time cures, known by its code: this folder does not depend on the protocol's classes. */
export function isBusy(error: unknown): error is Error & { readonly retryAfterMs?: number } {
  return error instanceof Error && "code" in error && error.code === "BUSY";
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimeout(resolve, ms));
}
