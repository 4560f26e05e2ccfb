import type { CloseCode } from "../protocol/mod.ts";
import type { Principal } from "../security/mod.ts";

/** Where a connection stands. It only ever moves down this list. */
export type SessionState =
  /** The upgrade was answered; the runtime has not opened the socket yet. */
  | { readonly phase: "accepting"; readonly sinceMs: number }
  /** Open, and nobody yet: it has a deadline and a few bytes to show a credential. */
  | { readonly phase: "authenticating"; readonly sinceMs: number }
  /** Somebody: everything its role allows. */
  | { readonly phase: "active"; readonly sinceMs: number; readonly principal: Principal }
  /** Nothing is read any more; what waits is sent, then the socket is closed with `code`. */
  | { readonly phase: "draining"; readonly sinceMs: number; readonly code: CloseCode }
  /** The socket is gone. */
  | { readonly phase: "closed"; readonly code: number };

/** What can happen to a connection. */
export type SessionEvent =
  /** The socket is open; `principal` is who its request was, if it showed a credential or needs none. */
  | { readonly type: "opened"; readonly principal: Principal | undefined; readonly nowMs: number }
  /** A credential was right: the first one, or one that takes the place of an older one of the same principal. */
  | { readonly type: "authenticated"; readonly principal: Principal; readonly nowMs: number }
  /** One side wants to end. */
  | { readonly type: "closing"; readonly code: CloseCode; readonly nowMs: number }
  /** The runtime reported the end of the socket, or it was given up. */
  | { readonly type: "ended"; readonly code: number };

/**
 * The one place where a connection's state changes. What cannot happen in a state leaves it as it is, and the same object
 * comes back: so a second close, a close that crosses another, or a credential that proves right after the end do nothing.
 */
export function transition(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case "opened":
      if (state.phase !== "accepting") return state;
      return event.principal === undefined
        ? { phase: "authenticating", sinceMs: event.nowMs }
        : { phase: "active", sinceMs: event.nowMs, principal: event.principal };
    case "authenticated":
      if (state.phase === "authenticating") {
        return { phase: "active", sinceMs: event.nowMs, principal: event.principal };
      }
      if (state.phase !== "active" || state.principal.id !== event.principal.id) return state;
      return { ...state, principal: event.principal };
    case "closing":
      if (state.phase === "draining" || state.phase === "closed") return state;
      return { phase: "draining", sinceMs: event.nowMs, code: event.code };
    case "ended":
      return state.phase === "closed" ? state : { phase: "closed", code: event.code };
  }
}
