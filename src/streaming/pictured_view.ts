import type { RegionCache } from "../cache/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import { regionKey, regionMorton } from "../space/mod.ts";
import { type DetailRule, type Light, shadowCasters, type Viewport } from "../viewport/mod.ts";
import { regionsInView, type ViewedRegion } from "./region_view.ts";
import type { WorldStream } from "./world_stream.ts";

/**
 * How detailed a picture is: all of it at one level of detail, or each region as coarse as it may be with nodes of at most so
 * many pixels.
 */
export type PictureDetail = { readonly lod: number } | { readonly maxErrorPx: number };

/** What somebody who asks for a picture looks at. */
export interface PicturedView {
  readonly viewport: Viewport;
  readonly detail: PictureDetail;
  /** Most regions that it may show, those that throw shadows into it among them. */
  readonly maxRegions: number;
  /** What throws shadows; without it there are none. */
  readonly light?: Light;
}

/**
 * The regions that a picture shows, the centre and the near first, and behind them those that are not in view and throw
 * shadows into it; and the level of detail of each, as memory allows now. Unlike a client's view it is never cut short: a
 * picture with holes would be wrong.
 *
 * @throws {VoxcastError} PAYLOAD_TOO_LARGE
 */
export function picturedRegions(
  stream: WorldStream,
  { viewport, detail, maxRegions, light }: PicturedView,
  cache: RegionCache,
): readonly ViewedRegion[] {
  const { grid } = stream.world;
  const rule = detailRule(detail, grid.depth);
  const { regions, leftOut } = regionsInView(stream, viewport, cache, maxRegions, rule);
  if (leftOut > 0) throw tooMany(regions.length + leftOut, "are in view", maxRegions);
  if (light === undefined || regions.length === 0) return regions;
  const lit = regions.map(({ key, lod }) => ({ morton: regionMorton(key), lod }));
  const room = maxRegions - regions.length;
  const casters = shadowCasters(lit, stream.pyramid, light, room);
  if (casters.size > room) {
    throw tooMany(`More than ${maxRegions}`, "are in view or throw shadows into it", maxRegions);
  }
  const added = [...casters].map(([morton, lod]) => {
    const key = regionKey(grid.level, morton);
    return { key, version: stream.world.region(key)!.version, lod };
  });
  return [...regions, ...added];
}

function tooMany(count: number | string, what: string, maxRegions: number): VoxcastError {
  return new VoxcastError(
    "PAYLOAD_TOO_LARGE",
    `${count} regions ${what}, and a picture may show ${maxRegions}: come nearer`,
  );
}

function detailRule(detail: PictureDetail, depth: number): DetailRule {
  if ("lod" in detail) return { thresholds: [], maxLod: Math.min(detail.lod, depth), hysteresis: 0 };
  return { thresholds: [], maxLod: depth, hysteresis: 0, maxErrorPx: detail.maxErrorPx };
}
