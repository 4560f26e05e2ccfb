import { type AdapterSummary, type BreakerState, describeAdapter } from "../gpu/mod.ts";

/** What builds, and how it goes. */
export interface BackendStatus {
  /** What was asked for. */
  readonly asked: string;
  /** What really builds now: `gpu` or `cpu`. */
  readonly name: string;
  /** The adapter in use, or the one that was before its GPU was given up. */
  readonly adapter: AdapterSummary | undefined;
  /** Why the CPU builds although something else was asked for; undefined if nothing was. */
  readonly reason: string | undefined;
  /** Whether that reason is a fault, not a choice. */
  readonly isDegraded: boolean;
  /** `none` if there is no GPU to keep away from. */
  readonly breaker: BreakerState["name"] | "none";
  readonly batches: number;
  readonly batchRegions: number;
  readonly deviceLosses: number;
  readonly hangs: number;
  /** Jobs that the CPU was given in place of the GPU. */
  readonly fallbackBuilds: number;
  /** Time on the GPU itself, where it can tell. */
  readonly gpuMs: number;
}

/** What builds and why, in a few words for people. */
export function describeBackend({ name, adapter, reason }: BackendStatus, cpuWorkers: number): string {
  const text = name === "gpu" && adapter !== undefined
    ? `the GPU (${describeAdapter(adapter)})`
    : `the CPU (${cpuWorkers} ${cpuWorkers === 1 ? "worker" : "workers"})`;
  return reason === undefined ? text : `${text}: ${reason}`;
}
