import type { Vec3 } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";

/** A camera as somebody asks for it; what is left out is chosen by the server. */
export interface AskedCamera {
  /** In world units; without it the camera shows all that the world holds. */
  readonly eye?: Vec3;
  readonly lookAt?: Vec3;
  readonly up?: Vec3;
  /** Vertical opening in radians. */
  readonly fovY?: number;
}

/** A picture as somebody asks for it. */
export interface PictureRequest extends AskedCamera {
  readonly widthPx: number;
  readonly heightPx: number;
  /** The world's own unless given. */
  readonly kind?: TreeKind;
  /** The level of detail of all regions; unless given each is as fine as the picture can show. */
  readonly lod?: number;
}
