/** Where a request or message comes from, as far as authentication looks at it. */
export interface Peer {
  /** IP address of the client: the socket's, or what a trusted proxy says (`peerAddress`). */
  readonly address: string;
  /** The `Origin` header, as it was sent; absent where no browser is. */
  readonly origin?: string;
  /** The world that the request names in its address. */
  readonly world?: string;
  /**
   * It asks for a socket at an address that has sockets. Only then may it show its credential as a subprotocol or in the
   * query, as browsers must; anything else uses a header.
   */
  readonly opensSocket?: boolean;
}
