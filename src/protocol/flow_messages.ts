import { type MessageOptions, serverMessage } from "./server_message.ts";

/** Tells a client that what it is sent is held back, or no longer. */
export interface Backpressure {
  readonly state: "held" | "released";
  /**
   * `slow`: the client does not read fast enough; `memory`: the server cannot keep all that it sees; `view`: it sees more
   * regions than one client is sent.
   */
  readonly reason: "slow" | "memory" | "view";
  /** Regions that wait, come coarser than they should, or are left out. */
  readonly heldRegions: number;
  /** Finest LOD that is sent now. */
  readonly finestLod: number;
  /** Time after which the connection is closed with 4009 if nothing changes; absent if it is not. */
  readonly closeAfterMs?: number;
}

/** BACKPRESSURE as text. */
export function backpressureMessage(
  { state, reason, heldRegions, finestLod, closeAfterMs }: Backpressure,
  nowMs: number,
  options?: MessageOptions,
): string {
  return serverMessage("BACKPRESSURE", nowMs, {
    state,
    reason,
    held_regions: heldRegions,
    finest_lod: finestLod,
    close_after_ms: closeAfterMs,
  }, options);
}

/** What came of a VERIFY. */
export interface Verified {
  /** Regions that the message named. */
  readonly checked: number;
  /** Those of them that are sent again in full, as they are not what the client should hold. */
  readonly wrong: number;
}

/** VERIFIED as text. */
export function verifiedMessage(
  { checked, wrong }: Verified,
  nowMs: number,
  options?: MessageOptions,
): string {
  return serverMessage("VERIFIED", nowMs, { checked, wrong }, options);
}
