import type { Vec3 } from "../space/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { AskedCamera } from "./picture_request.ts";

/** A ray by itself, in world units. */
export interface RayRequest {
  readonly origin: Vec3;
  /** Of any length but 0. */
  readonly direction: Vec3;
}

/** The ray through a point of a picture. */
export interface PointRequest extends AskedCamera {
  /** From the left and from the top: 0 to 1, or pixels where the picture's size is given. */
  readonly x: number;
  readonly y: number;
  /** The picture's size; both or neither. */
  readonly width?: number;
  readonly height?: number;
}

/** A question what a ray meets first. */
export type PickRequest = (RayRequest | PointRequest) & {
  /** In world units; as far as the world goes unless given. */
  readonly maxDistance?: number;
  readonly kind?: TreeKind;
  /** The level of detail of what is met; the finest that there is unless given. */
  readonly lod?: number;
};
