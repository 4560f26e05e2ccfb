import { cross, normalize, subtract, type Vec3 } from "../../src/space/mod.ts";
import type { Viewport } from "../../src/viewport/mod.ts";

/** What a ray meets first. */
export interface Hit {
  /** RGBA8. */
  readonly color: number;
  /** The face that it comes in through: -x, +x, -y, +y, -z, +z. */
  readonly face: number;
}

/** Occupied cells, each one world unit wide, and the box around them. */
export class Cells {
  readonly low: [number, number, number] = [Infinity, Infinity, Infinity];
  /** Beyond the last cells. */
  readonly high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  readonly #colors = new Map<number, number>();

  set(x: number, y: number, z: number, color: number): void {
    this.#colors.set(place(x, y, z), color);
    [x, y, z].forEach((at, axis) => {
      this.low[axis] = Math.min(this.low[axis]!, at);
      this.high[axis] = Math.max(this.high[axis]!, at + 1);
    });
  }

  /** The first cell that a ray meets, walked from cell to cell after J. Amanatides and A. Woo, 1987. */
  firstHit(from: Vec3, direction: Vec3): Hit | undefined {
    const cell = from.map(Math.floor);
    const step = direction.map(Math.sign);
    const next = [0, 1, 2].map((axis) => {
      const border = cell[axis]! + (step[axis]! > 0 ? 1 : 0);
      return direction[axis] === 0 ? Infinity : (border - from[axis]!) / direction[axis]!;
    });
    while (this.#isAhead(cell, step)) {
      const axis = next[0]! < next[1]! ? (next[0]! < next[2]! ? 0 : 2) : (next[1]! < next[2]! ? 1 : 2);
      cell[axis]! += step[axis]!;
      next[axis]! += Math.abs(1 / direction[axis]!);
      const color = this.#colors.get(place(cell[0]!, cell[1]!, cell[2]!));
      if (color !== undefined) return { color, face: 2 * axis + (step[axis]! > 0 ? 0 : 1) };
    }
    return undefined;
  }

  /** Whether the ray may still come to the box: on no axis is it beyond it. */
  #isAhead(cell: readonly number[], step: readonly number[]): boolean {
    for (let axis = 0; axis < 3; axis++) {
      if (step[axis]! >= 0 && cell[axis]! >= this.high[axis]!) return false;
      if (step[axis]! <= 0 && cell[axis]! < this.low[axis]!) return false;
    }
    return true;
  }
}

/** What shows at a pixel (its middle; x from the left, y from the top): an eye that shares no code with the page. */
export function seenAt(
  cells: Cells,
  view: Viewport,
  { width, height }: { readonly width: number; readonly height: number },
  x: number,
  y: number,
): Hit | undefined {
  const forward = normalize(subtract(view.lookAt, view.eye));
  const right = normalize(cross(forward, view.up));
  const up = cross(right, forward);
  const halfHeight = Math.tan(view.fovY / 2);
  const across = ((2 * (x + 0.5)) / width - 1) * halfHeight * view.aspectRatio;
  const above = (1 - (2 * (y + 0.5)) / height) * halfHeight;
  const along = (axis: number) => forward[axis]! + across * right[axis]! + above * up[axis]!;
  return cells.firstHit(view.eye, normalize([along(0), along(1), along(2)]));
}

function place(x: number, y: number, z: number): number {
  return x + 4096 * (y + 4096 * z);
}
