/** Which client is sent which region, when, and how fast. */
export type { BundleStats, FlushCause, FrameType } from "./bundle_metrics.ts";
export type { PoolStats } from "./bulk_pool.ts";
export { type DropReason, FrameLedger, type LedgerSnapshot } from "./ledger.ts";
export { RegionStreamer } from "./streamer.ts";
export type { Registration, StreamerOptions, StreamLimits } from "./streamer_options.ts";
export type { PressureReason, PressureStats } from "./pressure_metrics.ts";
export type { RegionAnswer, RegionQuery } from "./region_fetch.ts";
export type { CameraView, RegionPage, ViewedRegion } from "./region_view.ts";
export type { GatheredRegion } from "./held_trees.ts";
export type { PictureDetail, PicturedView } from "./pictured_view.ts";
export { type GatherOptions, LateRegionsError } from "./tree_gathering.ts";
