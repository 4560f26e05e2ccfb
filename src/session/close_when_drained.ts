import type { Clock } from "../observe/mod.ts";
import type { Transport } from "./wire.ts";

/** How often a closing socket is asked whether it has taken everything, and for how long at most. */
const POLL_MS = 5;
const MAX_WAIT_MS = 40;
/** `readyState` of an open socket. */
const OPEN = 1;

/**
 * Has a socket closed once it has taken what was sent before, or after 40 ms: a message that comes in while the close frame
 * waits behind others makes the runtime drop them all, and the client would never learn why.
 *
 * @param isGone whether the socket is known to have ended meanwhile; then it is not closed
 * @param close sends the close frame
 * @param waitedMs how long it has been waited already
 */
export function closeWhenDrained(
  transport: Pick<Transport, "readyState" | "bufferedAmount">,
  clock: Clock,
  isGone: () => boolean,
  close: () => void,
  waitedMs = 0,
): void {
  if (transport.readyState > OPEN || isGone()) return;
  if (transport.bufferedAmount === 0 || waitedMs >= MAX_WAIT_MS) return close();
  clock.setTimeout(
    () => closeWhenDrained(transport, clock, isGone, close, waitedMs + POLL_MS),
    waitedMs === 0 ? 0 : POLL_MS,
  );
}
