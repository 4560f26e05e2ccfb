import { mortonX, mortonY, mortonZ, type Vec3 } from "../space/mod.ts";
import { pyramidOffset, type RegionPyramid } from "./region_pyramid.ts";

/** A light that is so far away that its rays are parallel, and a square. */
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
/** The two axes of the plane. */
const SIDES = [0, 1] as const;

/**
 * The regions that may throw a shadow on some of `lit` and are not among them, by Morton code, each with the finest level of
 * detail of those that it may darken. Conservative, by a sweep of layers towards the light: all regions are moved along its
 * rays into one plane, and one that is occupied is a caster if it comes to lie, as wide as the light has spread by then, on a
 * lit one of its own layer or of one before. O(occupied regions above the rectangle around the lit ones), times the places
 * that the light spreads to.
 *
 * @param maxCasters the sweep ends with the first one beyond so many
 */
export function shadowCasters(
  lit: readonly DetailedRegion[],
  pyramid: RegionPyramid,
  light: Light,
  maxCasters = Infinity,
): Map<number, number> {
  const casters = new Map<number, number>();
  // A world of one region has no others.
  if (lit.length === 0 || pyramid.level === 0) return casters;
  const plane = new LightPlane(pyramid.level, light);
  const litLayers = plane.layersOf(lit.map(({ morton }) => morton));
  const lods = new Map(lit.map(({ morton, lod }) => [morton, lod]));
  const first = litLayers.findIndex((codes) => codes.length > 0);
  for (let depth = first; depth < litLayers.length; depth++) {
    for (const code of litLayers[depth]!) plane.mark(code, lods.get(code)!);
    for (const code of plane.occupiedAbove(pyramid, depth, depth + 1 - first)) {
      const lod = plane.look(code, depth + 1 - first);
      if (lod === DARK || lods.has(code)) continue;
      casters.set(code, lod);
      if (casters.size > maxCasters) return casters;
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
  /** How far the light spreads along the two axes from one layer to the next. */
  readonly #spreads: readonly [number, number];
  readonly #width: number;
  /** The finest level of detail by place. */
  readonly #lods: Uint8Array;
  /** Smallest and largest places that something lit is at, along the two axes. */
  readonly #low: [number, number] = [Infinity, Infinity];
  readonly #high: [number, number] = [-1, -1];

  constructor(level: number, { direction, radius }: Light) {
    const lengths = direction.map(Math.abs);
    const axis = lengths.indexOf(Math.max(...lengths));
    const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
    const step = lengths[axis]!;
    this.#last = 2 ** level - 1;
    this.#axes = [axis, a, b];
    this.#isAscending = direction[axis]! > 0;
    this.#slopes = [direction[a]! / step, direction[b]! / step];
    const cosine = step / Math.hypot(...direction);
    this.#spreads = [
      spreadOf(this.#slopes[0], cosine, Math.SQRT2 * radius),
      spreadOf(this.#slopes[1], cosine, Math.SQRT2 * radius),
    ];
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
    for (const side of SIDES) {
      const [low, high] = this.#range(side, morton, 1, this.#depthOf(morton), 0);
      this.#low[side] = Math.min(this.#low[side], low);
      this.#high[side] = Math.max(this.#high[side], high);
    }
  }

  /** The occupied regions of a layer that may lie above something lit, for a light that has spread over so many layers. */
  occupiedAbove(pyramid: RegionPyramid, depth: number, layers: number): number[] {
    const { level, masks } = pyramid;
    const found: number[] = [];
    const descend = (nodeLevel: number, node: number): void => {
      const size = 2 ** (level - nodeLevel);
      const at = size * coordinate(node, this.#axes[0]);
      const nearest = this.#isAscending ? at : this.#last - at - size + 1;
      if (depth < nearest || depth >= nearest + size) return;
      for (const side of SIDES) {
        const [low, high] = this.#range(side, node, size, depth, layers);
        if (high < this.#low[side] || low > this.#high[side]) return;
      }
      if (nodeLevel === level) {
        found.push(node);
        return;
      }
      const mask = masks[pyramidOffset(nodeLevel) + node]!;
      for (let child = 0; child < 8; child++) {
        if ((mask & (1 << child)) !== 0) descend(nodeLevel + 1, 8 * node + child);
      }
    };
    descend(0, 0);
    return found;
  }

  /** The finest of what is noted below a region, for a light that has spread over so many layers; DARK if there is nothing. */
  look(morton: number, layers: number): number {
    let lod = DARK;
    this.#visit(morton, layers, (place) => lod = Math.min(lod, this.#lods[place]!));
    return lod;
  }

  #depthOf(morton: number): number {
    const at = coordinate(morton, this.#axes[0]);
    return this.#isAscending ? at : this.#last - at;
  }

  #visit(morton: number, layers: number, visit: (place: number) => void): void {
    const depth = this.#depthOf(morton);
    const [a0, a1] = this.#range(0, morton, 1, depth, layers);
    const [b0, b1] = this.#range(1, morton, 1, depth, layers);
    for (let b = b0; b <= b1; b++) {
      for (let a = a0; a <= a1; a++) visit(b * this.#width + a);
    }
  }

  /** First and last places, along one axis of the plane, of the layer `depth` of a cube of `size` regions. */
  #range(
    side: 0 | 1,
    cube: number,
    size: number,
    depth: number,
    layers: number,
  ): readonly [number, number] {
    const slope = this.#slopes[side];
    const at = size * coordinate(cube, this.#axes[side + 1]!);
    const margin = layers === 0 ? 0 : this.#spreads[side] * layers;
    const [near, far] = [slope * depth, slope * (depth + 1)];
    const origin = this.#last + 2;
    const low = Math.floor(origin + at - Math.max(near, far) - margin);
    // A cube that only touches the next place does not lie on it.
    const high = Math.ceil(origin + at + size - Math.min(near, far) + margin) - 1;
    return [Math.max(0, low), Math.min(this.#width - 1, high)];
  }
}

/**
 * How much the slope of a ray to the light differs from that to its middle at most, over all points of it, which lie in the
 * plane square to its direction. `cosine` is that direction's along the axis of the layers, `corner` the distance of the
 * light's corners from its middle.
 */
function spreadOf(slope: number, cosine: number, corner: number): number {
  if (corner === 0) return 0;
  const least = cosine - corner * Math.sqrt(Math.max(0, 1 - cosine ** 2));
  return least > 0 ? corner * Math.hypot(1, slope) / least : Infinity;
}

function coordinate(morton: number, axis: number): number {
  return axis === 0 ? mortonX(morton) : axis === 1 ? mortonY(morton) : mortonZ(morton);
}
