import type { BytesAck, KnownRegions, RegisterClient, UpdateViewport } from "../protocol/mod.ts";

/** Messages that the kernel leaves to the profile. */
export type ChannelMessage = RegisterClient | UpdateViewport | BytesAck | KnownRegions;

/**
 * What sets one WebSocket path apart; everything else is the kernel's, the same for all. Connections know their profile,
 * so what a connection is comes in as a type.
 */
export interface Profile<Connection> {
  /** Last part of the path, as in `render`. */
  readonly name: string;
  /** Whether a socket without a credential is upgraded to show one in-band, or not upgraded at all. */
  readonly credential: "before-upgrade" | "in-band";
  /** Whether messages carry their content as `payload`, too. */
  readonly hasPayload: boolean;
  /** Whether SUBSCRIBE is taken. */
  readonly hasStreams: boolean;
  /**
   * Handles a message of an active connection.
   * @throws {VoxcastError} answered with ERROR
   */
  onMessage(connection: Connection, message: ChannelMessage): void;
  /** Called exactly once for each connection that was active. */
  onClose(connection: Connection): void;
}
