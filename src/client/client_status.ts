import type { ClientError } from "./client_error.ts";

/** Where a client stands. */
export type ClientState =
  /** Not started, or closed by its own program. */
  | "disconnected"
  /** The first attempt since it was started. */
  | "connecting"
  /** Signed in, registered and subscribed as asked: messages go out at once. */
  | "connected"
  /** Lost; it waits for the next attempt, or is making it. */
  | "reconnecting"
  /** The server said no, or too many attempts failed: only the program or the person can change that. */
  | "failed";

/** What it is doing about its state. */
export type ClientStep =
  /** Nothing: the state says it all. */
  | "none"
  /** Asking for a ticket. */
  | "admission"
  /** The socket is being opened. */
  | "opening"
  /** INIT is sent. */
  | "greeting"
  /** AUTH is sent. */
  | "signing-in"
  /** The registration and the subscriptions are sent. */
  | "joining"
  /** Waiting for the time of the next attempt. */
  | "waiting";

/** A client's state with what can be said about it. */
export interface ClientStatus {
  readonly state: ClientState;
  readonly step: ClientStep;
  /** Why it is not connected; undefined if nothing went wrong. */
  readonly error: ClientError | undefined;
  /** When the next attempt starts, in milliseconds since the Unix epoch; only while it waits. */
  readonly retryAtMs: number | undefined;
  /** Failed attempts since a connection last was stable. */
  readonly attempts: number;
  /** Whether regions are fetched over HTTP meanwhile, as sockets do not open. */
  readonly isPolling: boolean;
}
