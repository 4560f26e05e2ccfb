/**
 * How fast one client is sent bulk messages. Times are of the monotonic clock, in milliseconds.
 */
export interface Pacer {
  /** Longest message to be handed over now, in bytes. */
  readonly maxMessageBytes: number;
  /** Milliseconds until the next message may be handed over; 0: now; Infinity: not before the client tells more. */
  waitMs(nowMs: number): number;
  /** A message was handed over. */
  sent(bytes: number, nowMs: number): void;
  /** The client says how many bytes it has received since its connection opened. */
  acknowledged(receivedBytes: number, nowMs: number): void;
  /** Whether all that was handed over has arrived, as far as can be told. */
  hasArrived(nowMs: number): boolean;
}
