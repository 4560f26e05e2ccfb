import type { Logger } from "../observe/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { World } from "../world/mod.ts";
import type { Failure } from "./attempts.ts";
import type { FailedAttempt } from "./region_tracks.ts";
import { isBackendFault } from "./retry_pause.ts";

/** Logs that a kind of a region could not be built, and when that is tried again. */
export function logFailure(
  logger: Logger,
  world: World,
  key: RegionKey,
  { kind, error }: Failure,
  { failures, isBreakerOpen, pauseMs }: FailedAttempt,
): void {
  const fields = {
    world: world.id,
    region: key,
    kind,
    failures,
    breaker: isBreakerOpen ? "open" : "closed",
    retryInMs: Math.round(pauseMs),
    error: error instanceof Error ? error.message : String(error),
  };
  // The backend tells of its own faults once; a line for each of its jobs would bury that.
  if (isBackendFault(error)) logger.debug("build.aborted", fields);
  else logger.error("build.failed", fields);
}
