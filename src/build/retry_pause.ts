import type { Random } from "../observe/mod.ts";
import { BuildAbortedError, type BuildAbortReason } from "./builder.ts";

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 60_000;

/** Reasons that lie with the backend: another job, the device, or the lack of any thread. */
const BACKEND_REASONS: ReadonlySet<BuildAbortReason> = new Set(["lost", "device", "unavailable"]);

/** Whether a build ended for no fault of its region, so that the region pays no growing pause. */
export function isBackendFault(error: unknown): boolean {
  return error instanceof BuildAbortedError && BACKEND_REASONS.has(error.reason);
}

/**
 * Milliseconds until a region is tried again: a random part of a ceiling that doubles with each failure of its own, from
 * half a second to a minute (full jitter, so that regions that failed together do not come back together).
 *
 * @param failures failures of the region in a row; 0 if only the backend failed
 */
export function retryPauseMs(failures: number, random: Random): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures) * random();
}
