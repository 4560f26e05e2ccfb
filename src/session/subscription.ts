import type { StreamQueue } from "./stream_queue.ts";
import type { RunningStream, StreamSource } from "./stream_source.ts";

/** One stream to one connection. */
export interface Subscription {
  readonly streamId: string;
  readonly source: StreamSource;
  readonly queue: StreamQueue;
  /** Monotonic. */
  readonly startedAtMs: number;
  /** Undefined while its source starts it. */
  running: RunningStream | undefined;
  /** Number of the newest update. */
  sequence: number;
  /** Monotonic time of that update's leave; -Infinity before the first. The pace's to set. */
  grantedAtMs: number;
}
