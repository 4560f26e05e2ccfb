import { TREE_KINDS, type TreeKind } from "../tree/mod.ts";
import { echo, type Envelope, readField, refOf } from "./envelope.ts";
import { type Feature, readFeatures } from "./features.ts";
import { type FrameCodec, SUPPORTED_CODECS } from "./frame_header.ts";
import { idOf, invalid, missing, readWorld, requireName } from "./message_fields.ts";
import { type PROTOCOL_VERSION, readProtocol } from "./protocol_version.ts";
import { readViewport, type ViewportFields } from "./viewport_fields.ts";
import { VoxcastError } from "./voxcast_error.ts";

/** Longest list of codecs worth reading: a codec is four bits. */
const MAX_CODECS = 16;
/** Shortest and longest time between two pushes that a client may ask for. */
const MIN_INTERVAL_MS = 16;
const MAX_INTERVAL_MS = 10_000;

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
  /** What the client speaks beyond full frames, in the order of `FEATURES`; empty if it says nothing. */
  readonly features: readonly Feature[];
  /** Least time between two pushes to this client; absent means none: whatever is ready is sent at once. */
  readonly intervalMs?: number;
  readonly id?: string;
}

/** Moves the camera. */
export interface UpdateViewport {
  readonly type: "UPDATE_VIEWPORT";
  readonly clientId: string;
  readonly viewport: ViewportFields;
  readonly id?: string;
}

export function readRegisterClient(envelope: Envelope): RegisterClient {
  // A later version may name its fields otherwise, so the version is looked at first.
  const protocol = readProtocol(envelope);
  const client = readClient(envelope);
  const world = readWorld(envelope);
  const kind = readKind(envelope);
  const intervalMs = readInterval(envelope);
  return {
    type: "REGISTER_CLIENT",
    ...client,
    protocol,
    codecs: readCodecs(envelope),
    ...(world === undefined ? {} : { world }),
    ...(kind === undefined ? {} : { kind }),
    features: readFeatures(envelope),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...idOf(envelope),
  };
}

export function readUpdateViewport(envelope: Envelope): UpdateViewport {
  return { type: "UPDATE_VIEWPORT", ...readClient(envelope), ...idOf(envelope) };
}

function readClient(envelope: Envelope): { clientId: string; viewport: ViewportFields } {
  const clientId = requireName(envelope, "clientId", "client_id");
  const viewport = readField(envelope, "viewport");
  if (viewport === undefined) throw missing("viewport", envelope);
  return { clientId, viewport: readViewport(viewport, refOf(envelope)) };
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

function readInterval(envelope: Envelope): number | undefined {
  const value = readField(envelope, "intervalMs", "interval_ms");
  if (value === undefined) return undefined;
  if (
    typeof value !== "number" || !Number.isInteger(value) || value < MIN_INTERVAL_MS ||
    value > MAX_INTERVAL_MS
  ) {
    throw invalid("intervalMs", `an integer from ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}`, envelope);
  }
  return value;
}
