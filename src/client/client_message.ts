import { type JsonFields, PROTOCOL_VERSION_TEXT } from "../protocol/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";

/** Trees that the client decodes: cubes, whatever the world's own kind. */
const KIND = "esvo";
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

/** Who looks, and what at. */
export function registerMessage(clientId: string, world: string | undefined, viewport: Viewport): Outgoing {
  const data = { clientId, world, protocol: 1, kind: KIND, codecs: CODECS, viewport: wireViewport(viewport) };
  return { type: "REGISTER_CLIENT", data };
}

/** The camera has moved. */
export function viewportMessage(clientId: string, viewport: Viewport): Outgoing {
  return { type: "UPDATE_VIEWPORT", data: { clientId, viewport: wireViewport(viewport) } };
}

/** A message as it goes over the wire; fields that are undefined are left out. */
export function messageText({ type, data }: Outgoing, id?: string): string {
  return JSON.stringify({ type, id, data });
}

function wireViewport(viewport: Viewport): JsonFields {
  const { eye, lookAt, up, fovY, aspectRatio, nearPlane, farPlane } = viewport;
  return { eye: point(eye), lookAt: point(lookAt), up: point(up), fovY, aspectRatio, nearPlane, farPlane };
}

function point(v: Vec3): { x: number; y: number; z: number } {
  return { x: v[0], y: v[1], z: v[2] };
}
