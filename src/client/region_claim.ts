import { encodeKnown, type KnownRegion, type KnownTarget, LOD_NONE } from "../protocol/mod.ts";
import { createGrid, perspectiveFrustum, type RegionKey, regionKey, regionMorton } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { KIND } from "./client_message.ts";
import { isInView } from "./region_retention.ts";
import type { Registration } from "./server_message.ts";

/** What a server takes before a registration; the rest is sent again in full. */
const MAX_MESSAGES = 16;

/**
 * KNOWN for what is held and in view. Regions out of view are not named: the server would forget them at once, and sends
 * them in full when they come into view.
 */
export function knownMessages(
  registration: Registration,
  held: readonly KnownRegion[],
  viewport: Viewport,
  maxBytes: number,
): Uint8Array<ArrayBuffer>[] {
  const { bounds, level, depth } = registration;
  const grid = createGrid(bounds, level, depth);
  const frustum = perspectiveFrustum(viewport);
  const seen = held.filter(({ morton }) => isInView(frustum, grid, regionKey(level, morton)));
  return encodeKnown("KNOWN", targetOf(registration), seen, maxBytes).slice(0, MAX_MESSAGES);
}

/** VERIFY that says that nothing is held of these regions, so that they are sent in full. */
export function refetchMessages(
  registration: Registration,
  keys: readonly RegionKey[],
  maxBytes: number,
): Uint8Array<ArrayBuffer>[] {
  const regions = keys.map((key) => ({ morton: regionMorton(key), version: 0, lod: LOD_NONE }));
  return encodeKnown("VERIFY", targetOf(registration), regions, maxBytes);
}

function targetOf({ level, world, epoch }: Registration): KnownTarget {
  return { kind: KIND, level, world, epoch };
}
