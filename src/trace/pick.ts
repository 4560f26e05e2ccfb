import type { RegionKey, Vec3 } from "../space/mod.ts";

/** A ray that asks what it meets first, in world units. */
export interface PickRay {
  readonly origin: Vec3;
  /** Of any length but 0. */
  readonly direction: Vec3;
  readonly maxDistance: number;
}

/** What a {@linkcode PickRay} met. */
export interface PickHit {
  readonly key: RegionKey;
  readonly version: number;
  readonly lod: number;
  /** The cube that was hit, or the cube that the tetrahedron is one sixth of; in world units. */
  readonly cell: { readonly min: Vec3; readonly size: number };
  /** Type of the tetrahedron, 0 to 5; -1 for a cube. */
  readonly type: number;
  /** The node in the region's tree: level 0 is the root; three key bits a level, as the keys of samples. */
  readonly path: { readonly level: number; readonly key: number };
  /** Unit normal of the face that was entered, towards the origin; of the reversed ray where it starts inside. */
  readonly normal: Vec3;
  /** See `Hit.face`; 255 where the ray starts inside. */
  readonly face: number;
  /** RGBA8, as in trees. */
  readonly color: number;
  readonly material: number;
  /** World units from the origin. */
  readonly distance: number;
  readonly point: Vec3;
}
