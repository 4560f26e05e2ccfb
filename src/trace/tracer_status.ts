import type { AdapterSummary, BreakerState } from "../gpu/mod.ts";

/** What traces. */
export type TraceBackend = "gpu" | "cpu";

/** What traces, and how it goes. */
export interface TracerStatus {
  /** What was asked for. */
  readonly asked: string;
  /** What makes the next picture; `gpu` is only known once it has been opened, by the first picture or `open`. */
  readonly backend: TraceBackend;
  /** The adapter in use, or the one that was before its GPU was given up. */
  readonly adapter: AdapterSummary | undefined;
  /** Why the CPU traces although something else was asked for; undefined if nothing was. */
  readonly reason: string | undefined;
  /** Whether that reason is a fault, not a choice. */
  readonly isDegraded: boolean;
  /** `none` if there is no GPU to keep away from. */
  readonly breaker: BreakerState["name"] | "none";
  readonly pictures: number;
  readonly picks: number;
  /** Rays from the eye and of picks; those that look for the sun are not counted. */
  readonly rays: number;
  /** Pictures that the CPU made in place of the GPU. */
  readonly fallbackPictures: number;
  readonly deviceLosses: number;
  readonly hangs: number;
  /** Time on the GPU itself, where it can tell. */
  readonly gpuMs: number;
  /** Pictures that wait. */
  readonly waiting: number;
  /** Bytes of regions that Workers hold. */
  readonly heldBytes: number;
  /** Memory that Workers take with all that is theirs. */
  readonly memoryBytes: number;
}
