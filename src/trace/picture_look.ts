import type { Vec3 } from "../space/mod.ts";

/** How a picture is lit. Colours are packed as in trees, without alpha. */
export interface PictureLook {
  /** Direction towards the sun in the world, of any length but 0. */
  readonly sun: Vec3;
  /** Half width of the sun as a share of its distance: how soft shadows are; 0 for hard ones. */
  readonly sunRadius: number;
  /** Whether shadow rays are sent. */
  readonly hasShadows: boolean;
  /** Light from everywhere, 0 to 1. */
  readonly ambient: number;
  /** Direction of the zenith. */
  readonly zenith: Vec3;
  readonly zenithColor: number;
  /** Of the sky at the horizon, and of the fog. */
  readonly horizonColor: number;
  /** Edges of the world after which half of the colour is fog's, or more for an eye that is far away; Infinity for none. */
  readonly fogHalfEdges: number;
  /** Width on the screen, in pixels, below which a node is drawn as a whole; 0 for never. */
  readonly detailPx: number;
}

/** Daylight over a world whose y axis points up. */
export const DAYLIGHT: PictureLook = {
  sun: [0.45, 0.65, 0.62],
  sunRadius: 0.03,
  hasShadows: true,
  ambient: 0.55,
  zenith: [0, 1, 0],
  zenithColor: 0xd8945a,
  horizonColor: 0xf2e6d8,
  fogHalfEdges: 12,
  detailPx: 1,
};
