import type { Backpressure, Verified } from "../protocol/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import type { ClientError } from "./client_error.ts";
import type { ClientStatus } from "./client_status.ts";
import type { Greeting, Registration, ServerMessage, SignIn } from "./server_message.ts";

/** What a client tells, by name. */
export interface VoxcastEvents {
  /** Its state has changed, or what it is doing about it. */
  readonly status: ClientStatus;
  /** INIT was answered. */
  readonly greeted: Greeting;
  /** AUTH was answered. */
  readonly signedIn: SignIn;
  /** A world has taken the client: what was held of an earlier registration is void. */
  readonly registered: Registration;
  /**
   * A region frame, in a buffer of its own: for `decodeFrameAsync` if `refinements` and `deltas` are not among the
   * features, which they are only by wish or with `regions`.
   */
  readonly frame: ArrayBuffer;
  /** The server sends this client less than it sees, as its link or the server's memory is short, or no longer so. */
  readonly backpressure: Backpressure;
  /** The server has compared what this client holds with what it was sent. */
  readonly verified: Verified;
  /** The server was told of this view. */
  readonly viewportSent: Viewport;
  /** The server gave a reliable message up: what depends on it must be fetched anew. */
  readonly resync: { readonly id: string };
  /** The client sends more than is granted, and should send less for `retryAfterMs`. */
  readonly warning: ClientError;
  /** Something went wrong that no promise tells: the connection goes on. */
  readonly error: ClientError;
  /** Every message of the server, those that are told by another event as well. */
  readonly message: ServerMessage;
}
