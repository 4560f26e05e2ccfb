import { type Feature, type JsonFields, PROTOCOL_VERSION_TEXT } from "../protocol/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";

/** Trees that the client decodes: cubes, whatever the world's own kind. */
export const KIND = "esvo";
/** Payload codecs that the client decodes. */
const CODECS = [2] as const;

/** A message of the client before it has an id. */
export interface Outgoing {
  readonly type: string;
  readonly data: JsonFields;
}

/** What INIT says. */
export interface InitFields {
  readonly clientId: string;
  readonly gzip: boolean;
  readonly ack: boolean;
  /** Of an earlier connection, whose session is taken up. */
  readonly sessionToken: string | undefined;
}

/** Says which protocol is spoken, and what of it the client wants. */
export function initMessage({ clientId, gzip, ack, sessionToken }: InitFields): Outgoing {
  const compression = gzip ? ["gzip"] : [];
  return {
    type: "INIT",
    data: {
      protocol_version: PROTOCOL_VERSION_TEXT,
      client_id: clientId,
      client_info: { library: "voxcast" },
      compression,
      ack,
      session_token: sessionToken,
    },
  };
}

/** What REGISTER_CLIENT says. */
export interface RegisterFields {
  readonly clientId: string;
  /** Undefined: the server's default. */
  readonly world: string | undefined;
  readonly viewport: Viewport;
  /** What the client takes beside one full frame a message. */
  readonly features: readonly Feature[];
  /** Least time between two pushes. */
  readonly pushIntervalMs: number | undefined;
}

/** Who looks, and what at. */
export function registerMessage(fields: RegisterFields): Outgoing {
  const { clientId, world, viewport, features, pushIntervalMs } = fields;
  const data = {
    clientId,
    world,
    protocol: 1,
    kind: KIND,
    codecs: CODECS,
    features: features.length > 0 ? features : undefined,
    intervalMs: pushIntervalMs,
    viewport: wireViewport(viewport),
  };
  return { type: "REGISTER_CLIENT", data };
}

/** The camera has moved. */
export function viewportMessage(clientId: string, viewport: Viewport): Outgoing {
  return { type: "UPDATE_VIEWPORT", data: { clientId, viewport: wireViewport(viewport) } };
}

/** So many bytes of frames have come on this connection. */
export function bytesAckMessage(receivedBytes: number): Outgoing {
  return { type: "ACK", data: { received_bytes: receivedBytes } };
}

/** A message as it goes over the wire; fields that are undefined are left out. */
export function messageText({ type, data }: Outgoing, id?: string): string {
  return JSON.stringify({ type, id, data });
}

function wireViewport(viewport: Viewport): JsonFields {
  const { eye, lookAt, up, ...lens } = viewport;
  return { eye: point(eye), lookAt: point(lookAt), up: point(up), ...lens };
}

function point(v: Vec3): { x: number; y: number; z: number } {
  return { x: v[0], y: v[1], z: v[2] };
}
