import type { Bounds } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { Ping } from "./client_message.ts";
import type { FrameCodec } from "./frame_header.ts";
import type { VoxcastError } from "./voxcast_error.ts";

/** What a client needs to know about the world whose regions it will be sent. */
export interface Registered {
  readonly protocol: 1;
  readonly clientId: string;
  readonly session: string;
  readonly world: string;
  /** New whenever the world's state may have gone back; every frame of the connection belongs to it. */
  readonly epoch: number;
  readonly bounds: Bounds;
  /** The world has 2^level regions an axis. */
  readonly level: number;
  /** A region is 2^depth cells wide. */
  readonly depth: number;
  readonly kind: TreeKind;
  /** The codecs that frames will come in. */
  readonly codecs: readonly FrameCodec[];
  /** Distances in world units; the first above the distance to a region's centre gives the LOD. */
  readonly lodThresholds: readonly number[];
  /** Smallest box of whole regions around everything in the world; absent if nothing is. */
  readonly contentBounds?: Bounds;
  readonly limits: Readonly<Record<string, number>>;
}

/** The answer to REGISTER_CLIENT, as text. */
export function registeredMessage(registered: Registered, nowMs: number, ref?: string): string {
  const { contentBounds, lodThresholds } = registered;
  return message("REGISTERED", nowMs, {
    protocol: registered.protocol,
    client_id: registered.clientId,
    session: registered.session,
    world: registered.world,
    epoch: registered.epoch,
    bounds: plainBounds(registered.bounds),
    level: registered.level,
    depth: registered.depth,
    kind: registered.kind,
    codecs: registered.codecs,
    lod_thresholds: lodThresholds,
    max_lod: lodThresholds.length,
    content_bounds: contentBounds === undefined ? null : plainBounds(contentBounds),
    limits: registered.limits,
    ref,
  });
}

/** The ERROR for a refused message, as text. `message` is there twice: clients of the first protocol read the outer. */
export function errorMessage(
  error: VoxcastError,
  nowMs: number,
  ref: string | undefined = error.ref,
): string {
  const { number, category, retryable } = error.entry;
  return JSON.stringify({
    type: "ERROR",
    message: error.message,
    timestamp: nowMs,
    data: {
      code: error.code,
      number,
      message: error.message,
      category,
      retryable,
      retry_after_ms: error.retryAfterMs,
      ref,
    },
  });
}

/** The answer to PING, as text: what the client sent for its own use comes back in `data`. */
export function pongMessage(ping: Ping, nowMs: number): string {
  return message("PONG", nowMs, { timestamp: ping.timestamp, ping_id: ping.pingId, ref: ping.id });
}

function message(type: string, timestamp: number, data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type, timestamp, data });
}

function plainBounds(bounds: Bounds): Bounds {
  return { min: bounds.min, max: bounds.max };
}
