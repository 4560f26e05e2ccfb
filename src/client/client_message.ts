import type { Vec3 } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";

/** The version of the protocol that the viewer speaks. */
const PROTOCOL_VERSION = 1;
/** Trees that the viewer draws: cubes, whatever the world's own kind. */
const KIND = "esvo";
/** Payload codecs that the viewer decodes. */
const CODECS = [2] as const;

/** The text of REGISTER_CLIENT: who looks, and what at. */
export function registerText(clientId: string, world: string | undefined, viewport: Viewport): string {
  return JSON.stringify({
    type: "REGISTER_CLIENT",
    clientId,
    ...(world === undefined ? {} : { world }),
    protocol: PROTOCOL_VERSION,
    kind: KIND,
    codecs: CODECS,
    viewport: wireViewport(viewport),
  });
}

/** The text of UPDATE_VIEWPORT. */
export function viewportText(clientId: string, viewport: Viewport): string {
  return JSON.stringify({ type: "UPDATE_VIEWPORT", clientId, viewport: wireViewport(viewport) });
}

function wireViewport(viewport: Viewport): Record<string, unknown> {
  const { eye, lookAt, up, fovY, aspectRatio, nearPlane, farPlane } = viewport;
  return { eye: point(eye), lookAt: point(lookAt), up: point(up), fovY, aspectRatio, nearPlane, farPlane };
}

function point(v: Vec3): { x: number; y: number; z: number } {
  return { x: v[0], y: v[1], z: v[2] };
}
