import { eTag } from "@std/http/etag";
import type { ViewedRegion } from "../streaming/mod.ts";
import type { World } from "../world/mod.ts";
import type { PlannedPicture } from "./planned_picture.ts";

/** What a picture is made of beside its plan. */
export interface TaggedParts {
  readonly world: World;
  readonly picture: PlannedPicture;
  /** The regions that it shows, emptied ones too. */
  readonly regions: readonly ViewedRegion[];
  /** What makes it: pictures of two backends may differ by a shade, those of two versions by more. */
  readonly maker: string;
}

/**
 * The strong entity tag of a picture (RFC 9110, section 8.8.3): two of the same tag are equal to the byte. It holds the world's
 * epoch, the versions and levels of detail of the regions in view, kind, camera, size, and the maker.
 */
export async function pictureTag({ world, picture, regions, maker }: TaggedParts): Promise<string> {
  const { kind, camera } = picture;
  const { eye, lookAt, up, fovY, widthPx, heightPx } = camera;
  const head = [maker, world.id, world.epoch, kind, eye, lookAt, up, fovY, widthPx, heightPx];
  const seen = new Uint32Array(regions.length * 3);
  regions.forEach(({ key, version, lod }, i) => seen.set([key, version, lod], i * 3));
  const text = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(text.length + seen.byteLength);
  bytes.set(text);
  bytes.set(new Uint8Array(seen.buffer), text.length);
  return (await eTag(bytes))!;
}
