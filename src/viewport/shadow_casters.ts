import { mortonX, mortonY, mortonZ, type Vec3 } from "../space/mod.ts";
import type { RegionPyramid } from "./region_pyramid.ts";

/** A light that is so far away that its rays are parallel. */
export interface Light {
  /** Towards it, of any length but 0. */
  readonly direction: Vec3;
  /** Half of its width as a share of its distance. */
  readonly radius: number;
}

/** A region with its level of detail. */
export interface DetailedRegion {
  readonly morton: number;
  readonly lod: number;
}

/** Stands for a place that nothing lit is below. */
const DARK = 255;

/**
 * The regions that may throw a shadow on some of `lit` and are not among them, by Morton code, each with the finest level of
 * detail of those that it may darken. Conservative, by a sweep of layers towards the light: all regions are moved along its
 * rays into one plane, and one that is occupied is a caster if it comes to lie, as wide as the light has spread by then, on a
 * lit one of its own layer or of one before. O(occupied regions), times the places that the light spreads to.
 */
export function shadowCasters(
  lit: readonly DetailedRegion[],
  pyramid: RegionPyramid,
  light: Light,
): Map<number, number> {
  const casters = new Map<number, number>();
  if (lit.length === 0) return casters;
  const plane = new LightPlane(pyramid.level, light);
  const litLayers = plane.layersOf(lit.map(({ morton }) => morton));
  const lods = new Map(lit.map(({ morton, lod }) => [morton, lod]));
  const others: number[] = [];
  for (let code = pyramid.firstFrom(0); code >= 0; code = pyramid.firstFrom(code + 1)) {
    if (!lods.has(code)) others.push(code);
  }
  const layers = plane.layersOf(others);
  const first = litLayers.findIndex((codes) => codes.length > 0);
  for (let depth = first; depth < layers.length; depth++) {
    for (const code of litLayers[depth]!) plane.mark(code, lods.get(code)!);
    for (const code of layers[depth]!) {
      const lod = plane.look(code, depth + 1 - first);
      if (lod !== DARK) casters.set(code, lod);
    }
  }
  return casters;
}

/** What lies below, seen along the rays of a light, in places of one region each. */
class LightPlane {
  readonly #last: number;
  /** The axis that a layer is across, and the other two. */
  readonly #axes: readonly [number, number, number];
  readonly #isAscending: boolean;
  /** How far the rays go aside from one layer to the next. */
  readonly #slopes: readonly [number, number];
  /** How far the light spreads from one layer to the next. */
  readonly #spread: number;
  readonly #width: number;
  /** The finest level of detail by place. */
  readonly #lods: Uint8Array;

  constructor(level: number, { direction, radius }: Light) {
    const lengths = direction.map(Math.abs);
    const axis = lengths.indexOf(Math.max(...lengths));
    const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
    const step = lengths[axis]!;
    this.#last = 2 ** level - 1;
    this.#axes = [axis, a, b];
    this.#isAscending = direction[axis]! > 0;
    this.#slopes = [direction[a]! / step, direction[b]! / step];
    this.#spread = radius * Math.hypot(...direction) / step;
    // A slope is at most 1, so a region comes to lie at most the width of the world beside it, and itself.
    this.#width = 3 * (this.#last + 1) + 2;
    this.#lods = new Uint8Array(this.#width ** 2).fill(DARK);
  }

  /** Regions by their layers, the one farthest from the light first. */
  layersOf(mortons: readonly number[]): number[][] {
    const layers: number[][] = Array.from({ length: this.#last + 1 }, () => []);
    for (const morton of mortons) layers[this.#depthOf(morton)]!.push(morton);
    return layers;
  }

  /** Notes that a region is lit. */
  mark(morton: number, lod: number): void {
    this.#visit(morton, 0, (place) => this.#lods[place] = Math.min(lod, this.#lods[place]!));
  }

  /** The finest of what is noted below a region, for a light that has spread over so many layers; DARK if there is nothing. */
  look(morton: number, layers: number): number {
    let lod = DARK;
    this.#visit(morton, this.#spread * layers, (place) => lod = Math.min(lod, this.#lods[place]!));
    return lod;
  }

  #depthOf(morton: number): number {
    const at = coordinate(morton, this.#axes[0]);
    return this.#isAscending ? at : this.#last - at;
  }

  #visit(morton: number, margin: number, visit: (place: number) => void): void {
    const depth = this.#depthOf(morton);
    const [a0, a1] = this.#range(coordinate(morton, this.#axes[1]), depth, this.#slopes[0], margin);
    const [b0, b1] = this.#range(coordinate(morton, this.#axes[2]), depth, this.#slopes[1], margin);
    for (let b = b0; b <= b1; b++) {
      for (let a = a0; a <= a1; a++) visit(b * this.#width + a);
    }
  }

  /** First and last places of a cube along one axis of the plane. */
  #range(at: number, depth: number, slope: number, margin: number): readonly [number, number] {
    const [near, far] = [slope * depth, slope * (depth + 1)];
    const origin = this.#last + 2;
    const low = Math.floor(origin + at - Math.max(near, far) - margin);
    // A cube that only touches the next place does not lie on it.
    const high = Math.ceil(origin + at + 1 - Math.min(near, far) + margin) - 1;
    return [Math.max(0, low), Math.min(this.#width - 1, high)];
  }
}

function coordinate(morton: number, axis: number): number {
  return axis === 0 ? mortonX(morton) : axis === 1 ? mortonY(morton) : mortonZ(morton);
}
