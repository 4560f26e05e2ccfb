import { z } from "zod";
import { GIB, MIB, whole } from "./field_schemas.ts";

/** Pictures and picks that clients ask for. */
export const snapshotsSchema = z.strictObject({
  maxWidthPx: whole(3840, 16, 16_384, "px", "Widest picture"),
  maxHeightPx: whole(2160, 16, 16_384, "px", "Tallest picture"),
  maxRegions: whole(16_384, 8, 2_097_152, "regions", "Most regions that one picture may show"),
  maxAtOnce: whole(
    8,
    1,
    1000,
    "requests",
    "Most different pictures that are made at a time, those that wait for builds or for their turn among them; picks count apart",
  ),
  buildWaitMs: whole(
    10_000,
    0,
    600_000,
    "ms",
    "Longest time that a picture or a pick waits for regions that are not built yet; then 503",
  ),
  traceTimeoutMs: whole(
    30_000,
    100,
    600_000,
    "ms",
    "Longest time that a picture or a pick is traced, its wait for its turn included; then 503",
  ),
  maxCacheBytes: whole(
    64 * MIB,
    0,
    64 * GIB,
    "bytes",
    "Most memory for pictures that may be asked for again",
  ),
}).prefault({});
