/** Which client is sent which region, when. */
export { type DropReason, FrameLedger, type LedgerSnapshot } from "./ledger.ts";
export { RegionStreamer, type StreamerOptions } from "./streamer.ts";
