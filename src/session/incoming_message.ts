import type { ClientMessage, KnownRegions } from "../protocol/mod.ts";

/** A message of a client, whether it came as text or binary. */
export type IncomingMessage = ClientMessage | KnownRegions;
