import type { Principal } from "../security/mod.ts";

/** Who asks for a socket. */
export interface Caller {
  /** The peer, behind trusted proxies the one that they name. */
  readonly remoteAddress: string;
  /** Undefined if the request showed no credential and one is needed. */
  readonly principal: Principal | undefined;
  /** Value of the Origin header, if there is one. */
  readonly origin?: string;
  /** World that the address names. */
  readonly world?: string;
  /** Name that the client gave itself in the address, in development. */
  readonly clientId?: string;
  /** Subprotocol to answer with. */
  readonly subprotocol?: string;
}
