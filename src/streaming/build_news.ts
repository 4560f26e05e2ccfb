import type { RegionKey } from "../space/mod.ts";
import type { CachedRegion } from "../cache/mod.ts";
import { chooseFrame, type FrameChoice, type FrameStyle } from "./frame_choice.ts";

/** A build that has ended, on its way to those who see the region. Most of them hold the same of it and want the same. */
export class BuildNews {
  readonly key: RegionKey;
  readonly region: CachedRegion;
  #style: FrameStyle | undefined;
  #heldVersion = 0;
  #heldLod = 0;
  #targetLod = 0;
  #choice: FrameChoice | undefined;

  constructor(key: RegionKey, region: CachedRegion) {
    this.key = key;
    this.region = region;
  }

  /** As {@linkcode chooseFrame}, which is not asked again by a client like the one before. */
  choose(style: FrameStyle, heldVersion: number, heldLod: number, targetLod: number): FrameChoice {
    const isLike = style === this.#style && heldVersion === this.#heldVersion && heldLod === this.#heldLod &&
      targetLod === this.#targetLod;
    if (isLike) return this.#choice!;
    this.#style = style;
    this.#heldVersion = heldVersion;
    this.#heldLod = heldLod;
    this.#targetLod = targetLod;
    return this.#choice = chooseFrame(
      this.region,
      { version: heldVersion, lod: heldLod },
      targetLod,
      style,
    );
  }
}
