import { echo, type Envelope, readEnvelope, readField, refOf } from "./envelope.ts";
import { type FrameCodec, SUPPORTED_CODECS } from "./frame_header.ts";
import { TREE_KINDS, type TreeKind } from "../tree/mod.ts";
import { readViewport, type ViewportFields } from "./viewport_fields.ts";
import { VoxcastError } from "./voxcast_error.ts";

/** The protocol version spoken here. */
export const PROTOCOL_VERSION = 1;
/** Longest `clientId`, world name, or `ping_id`. */
const MAX_TEXT_CHARS = 256;
/** Longest list of codecs worth reading: a codec is four bits. */
const MAX_CODECS = 16;

/** Starts the stream of a world's regions to this connection, or moves it to another world. */
export interface RegisterClient {
  readonly type: "REGISTER_CLIENT";
  /** The client's own name for itself; the session, not this, identifies it. */
  readonly clientId: string;
  readonly world?: string;
  readonly viewport: ViewportFields;
  readonly protocol: typeof PROTOCOL_VERSION;
  /** Codecs that the client reads, those it prefers first; never empty. */
  readonly codecs: readonly FrameCodec[];
  /** The kind of tree that the client wants its regions as; absent means the world's default. */
  readonly kind?: TreeKind;
  readonly id?: string;
}

/** Moves the camera. */
export interface UpdateViewport {
  readonly type: "UPDATE_VIEWPORT";
  readonly clientId: string;
  readonly viewport: ViewportFields;
  readonly id?: string;
}

/** Asks for a PONG. */
export interface Ping {
  readonly type: "PING";
  /** The client's time; comes back as it is. */
  readonly timestamp?: number;
  readonly pingId?: string;
  readonly id?: string;
}

export type ClientMessage = RegisterClient | UpdateViewport | Ping;

/**
 * Reads a text message of a client. Types are known in any case (`register_client`, `registerClient`).
 * Throws VoxcastError, and nothing else, for any text; it carries the message's `id`, if there was one, as `ref`.
 */
export function parseClientMessage(text: string): ClientMessage {
  const envelope = readEnvelope(text);
  switch (envelope.type.replaceAll(/[_-]/g, "").toUpperCase()) {
    case "REGISTERCLIENT":
      return readRegister(envelope);
    case "UPDATEVIEWPORT":
      return { type: "UPDATE_VIEWPORT", ...readClient(envelope), ...idOf(envelope) };
    case "PING":
      return readPing(envelope);
    default:
      throw new VoxcastError("UNKNOWN_TYPE", `Unknown message type: ${echo(envelope.type)}`, refOf(envelope));
  }
}

function readRegister(envelope: Envelope): RegisterClient {
  // A later version may name its fields otherwise, so the version is looked at first.
  const protocol = readField(envelope, "protocol") ?? PROTOCOL_VERSION;
  if (protocol !== PROTOCOL_VERSION) {
    const given = typeof protocol === "number" ? String(protocol) : "that is not a number";
    const message = `Protocol version ${given} is not supported, supported versions: ${PROTOCOL_VERSION}`;
    throw new VoxcastError("UNSUPPORTED_PROTOCOL", message, refOf(envelope));
  }
  const client = readClient(envelope);
  const world = readText(envelope, "world", "room_id", "session_id");
  const kind = readKind(envelope);
  return {
    type: "REGISTER_CLIENT",
    ...client,
    protocol,
    codecs: readCodecs(envelope),
    ...(world === undefined ? {} : { world }),
    ...(kind === undefined ? {} : { kind }),
    ...idOf(envelope),
  };
}

function readClient(envelope: Envelope): { clientId: string; viewport: ViewportFields } {
  const clientId = readText(envelope, "clientId", "client_id");
  if (clientId === undefined) throw missing("clientId", envelope);
  const viewport = readField(envelope, "viewport");
  if (viewport === undefined) throw missing("viewport", envelope);
  return { clientId, viewport: readViewport(viewport, refOf(envelope)) };
}

function readPing(envelope: Envelope): Ping {
  const timestamp = readField(envelope, "timestamp");
  if (timestamp !== undefined && (typeof timestamp !== "number" || !Number.isFinite(timestamp))) {
    throw invalid("timestamp", "a finite number", envelope);
  }
  const pingId = readText(envelope, "ping_id", "pingId");
  return {
    type: "PING",
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(pingId === undefined ? {} : { pingId }),
    ...idOf(envelope),
  };
}

function readCodecs(envelope: Envelope): readonly FrameCodec[] {
  const value = readField(envelope, "codecs");
  if (value === undefined) return [SUPPORTED_CODECS[0]];
  if (
    !Array.isArray(value) || value.length === 0 || value.length > MAX_CODECS || !value.every(Number.isInteger)
  ) {
    throw invalid("codecs", `an array of 1 to ${MAX_CODECS} integers`, envelope);
  }
  const known = new Set<FrameCodec>();
  for (const codec of value) if (SUPPORTED_CODECS.includes(codec)) known.add(codec);
  if (known.size === 0) {
    const message = `None of the codecs ${echo(value.join(", "))} is supported, supported codecs: ${
      SUPPORTED_CODECS.join(", ")
    }`;
    throw new VoxcastError("UNSUPPORTED_PROTOCOL", message, refOf(envelope));
  }
  return [...known];
}

function readKind(envelope: Envelope): TreeKind | undefined {
  const value = readField(envelope, "kind");
  if (value === undefined) return undefined;
  const kind = TREE_KINDS.find((kind) => typeof value === "string" && value.toLowerCase() === kind);
  if (kind === undefined) throw invalid("kind", `"${TREE_KINDS.join('" or "')}"`, envelope);
  return kind;
}

function readText(envelope: Envelope, ...names: readonly string[]): string | undefined {
  const value = readField(envelope, ...names);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.length === 0 || value.length > MAX_TEXT_CHARS) {
    throw invalid(names[0]!, `a string of 1 to ${MAX_TEXT_CHARS} characters`, envelope);
  }
  return value;
}

function idOf(envelope: Envelope): { id?: string } {
  return envelope.id === undefined ? {} : { id: envelope.id };
}

function missing(name: string, envelope: Envelope): VoxcastError {
  return new VoxcastError("MISSING_FIELD", `Missing '${name}' field`, refOf(envelope));
}

function invalid(name: string, shape: string, envelope: Envelope): VoxcastError {
  return new VoxcastError("INVALID_FIELD", `Field '${name}' must be ${shape}`, refOf(envelope));
}
