import type { CachedRegion } from "../cache/mod.ts";
import { type FrameCodec, type PayloadId, payloadId } from "../protocol/mod.ts";
import type { StreamFeatures } from "./stream_features.ts";

/** How a client is sent frames. */
export interface FrameStyle {
  readonly codec: FrameCodec;
  readonly features: StreamFeatures;
  /** LOD at which a client that takes refinements is shown a region first, if it does not want it coarser still. */
  readonly coarseLod: number;
}

const STYLES = new Map<string, FrameStyle>();

/** The same style as one object for all clients that have it, so that equal ones are told by identity. */
export function sharedStyle({ codec, features, coarseLod }: FrameStyle): FrameStyle {
  const name = JSON.stringify([codec, coarseLod, features]);
  const known = STYLES.get(name);
  if (known !== undefined) return known;
  const style = { codec, features, coarseLod };
  STYLES.set(name, style);
  return style;
}

/** What a client holds of a region; version 0: nothing. */
export interface HeldDetail {
  readonly version: number;
  readonly lod: number;
}

/** A frame for one client, and the LOD at which it leaves the region there. */
export interface FrameChoice {
  readonly bytes: Uint8Array;
  readonly lod: number;
}

/**
 * The frame that brings a client from what it holds of a region nearer to the cached version at `targetLod`; it must not be
 * there yet. A client without features gets the whole region. With refinements, a region that it does not hold comes
 * coarse first, and the levels between follow; with deltas, a change of a region held in full detail comes as the changed
 * bricks. Whatever the region cannot give in parts is sent as a whole.
 */
export function chooseFrame(
  region: CachedRegion,
  held: HeldDetail,
  targetLod: number,
  { codec, features, coarseLod }: FrameStyle,
): FrameChoice {
  // An empty region is the same at every LOD, and its frame says 0.
  if (region.isEmpty) return { bytes: region.frame(0, codec), lod: 0 };
  const continued = continuation(region, held, targetLod, codec, features);
  if (continued !== undefined) return { bytes: continued, lod: targetLod };
  const lod = wholeLod(held, targetLod, region.depth, { features, coarseLod });
  return { bytes: region.frame(lod, codec), lod };
}

/** Payloads of a version yet to come that {@linkcode chooseFrame} will ask for; only those of codec 2 are made ahead. */
export function payloadsAhead(
  held: HeldDetail,
  targetLod: number,
  depth: number,
  style: FrameStyle,
): readonly PayloadId[] {
  if (style.codec !== 2) return [];
  const lod = wholeLod(held, targetLod, depth, style);
  return targetLod < lod ? [payloadId(lod), payloadId(targetLod, lod)] : [payloadId(lod)];
}

/** LOD of a whole frame: a client that takes refinements and holds nothing is shown the coarse one first. */
function wholeLod(
  held: HeldDetail,
  targetLod: number,
  depth: number,
  { features, coarseLod }: Pick<FrameStyle, "features" | "coarseLod">,
): number {
  const isFirst = held.version === 0 && features.refinements;
  return isFirst ? Math.max(targetLod, Math.min(coarseLod, depth)) : targetLod;
}

/** A frame that goes on from what the client holds, if there is one. */
function continuation(
  region: CachedRegion,
  held: HeldDetail,
  targetLod: number,
  codec: FrameCodec,
  { refinements, deltas }: StreamFeatures,
): Uint8Array | undefined {
  if (held.version === region.version) {
    return refinements && targetLod < held.lod ? region.refinement(held.lod, targetLod, codec) : undefined;
  }
  return deltas && held.version > 0 && held.lod === 0 && targetLod === 0
    ? region.delta(held.version, codec)
    : undefined;
}
