import type { Bounds } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { Feature } from "./features.ts";
import type { FrameCodec } from "./frame_header.ts";
import type { Heartbeat, Ping } from "./liveness_messages.ts";
import type { VoxcastError } from "./voxcast_error.ts";

/** Every message that the server sends as text. */
export const SERVER_MESSAGE_TYPES = [
  "INIT",
  "AUTH_SUCCESS",
  "AUTH_FAILED",
  "REGISTERED",
  "SUBSCRIBE_SUCCESS",
  "SUBSCRIBE_FAILED",
  "UNSUBSCRIBE",
  "FEATURE_UPDATE",
  "STREAM_COMPLETE",
  "HEARTBEAT",
  "PONG",
  "RATE_LIMIT_WARNING",
  "RESYNC",
  "BACKPRESSURE",
  "VERIFIED",
  "ERROR",
] as const;
export type ServerMessageType = (typeof SERVER_MESSAGE_TYPES)[number];

/** What a message has beside its type, time and fields. */
export interface MessageOptions {
  /** The fields are there a second time as `payload`, for clients that look there. */
  readonly payload?: boolean;
  /** A reliable message's id, which the client repeats in its ACK. */
  readonly id?: string;
}

/**
 * A message as text: the one place that writes what all of them have. Fields that are undefined are left out.
 * @param data the message's fields as they are on the wire
 */
export function serverMessage(
  type: ServerMessageType,
  nowMs: number,
  data: Readonly<object>,
  { payload = false, id }: MessageOptions = {},
): string {
  return JSON.stringify({ type, id, timestamp: nowMs, data, payload: payload ? data : undefined });
}

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
  /** What was granted of what the client asked for, in the order of `FEATURES`. */
  readonly features: readonly Feature[];
  /** Longest binary message that is sent if `parts` was granted; a larger one comes in parts. */
  readonly maxBulkMessageBytes: number;
  /** Least time between two ACKs with `received_bytes`. */
  readonly ackIntervalMs: number;
}

/** The answer to REGISTER_CLIENT, as text. */
export function registeredMessage(
  registered: Registered,
  nowMs: number,
  ref?: string,
  options?: MessageOptions,
): string {
  const { contentBounds, lodThresholds } = registered;
  return serverMessage("REGISTERED", nowMs, {
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
    features: registered.features,
    max_bulk_message_bytes: registered.maxBulkMessageBytes,
    ack_interval_ms: registered.ackIntervalMs,
    ref,
  }, options);
}

/** The ERROR for a refused message, as text. `message` is there twice: clients of the first protocol read the outer. */
export function errorMessage(
  error: VoxcastError,
  nowMs: number,
  ref: string | undefined = error.ref,
  { payload = false, id }: MessageOptions = {},
): string {
  const data = { ...errorFields(error), ref };
  return JSON.stringify({
    type: "ERROR",
    id,
    message: error.message,
    timestamp: nowMs,
    data,
    payload: payload ? data : undefined,
  });
}

/** What ERROR, AUTH_FAILED and SUBSCRIBE_FAILED say about an error, as on the wire. */
export function errorFields(error: VoxcastError): Readonly<Record<string, unknown>> {
  const { number, category, retryable } = error.entry;
  return {
    code: error.code,
    number,
    message: error.message,
    category,
    retryable,
    retry_after_ms: error.retryAfterMs,
  };
}

/** The answer to PING or HEARTBEAT, as text: what the client sent for its own use comes back in `data`. */
export function pongMessage(
  message: Ping | Heartbeat,
  nowMs: number,
  options?: MessageOptions,
): string {
  const { timestamp, pingId, id }: Omit<Partial<Ping>, "type"> = message;
  if (options?.payload || options?.id !== undefined) {
    const data = { timestamp, "ping_id": pingId, "server_time_ms": nowMs, ref: id };
    return serverMessage("PONG", nowMs, data, options);
  }
  // The commonest answer, written by hand in half the time; a test compares it with what `serverMessage` writes.
  const time = timestamp === undefined ? "" : `"timestamp":${timestamp},`;
  const name = pingId === undefined ? "" : `"ping_id":${JSON.stringify(pingId)},`;
  const ref = id === undefined ? "" : `,"ref":${JSON.stringify(id)}`;
  return `{"type":"PONG","timestamp":${nowMs},"data":{${time}${name}"server_time_ms":${nowMs}${ref}}}`;
}

function plainBounds(bounds: Bounds): Bounds {
  return { min: bounds.min, max: bounds.max };
}
