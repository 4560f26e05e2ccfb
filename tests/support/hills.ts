import type { World } from "../../src/world/mod.ts";

/** Hills of 256 by 256 cells in many colours, over sixteen regions or more. */
export function raiseHills(world: World): void {
  const positions = new Uint32Array(3 * 65_536);
  const colors = new Uint32Array(65_536);
  for (let i = 0; i < 65_536; i++) {
    const [x, z] = [i & 255, i >> 8];
    positions.set([384 + x, Math.round(20 + 8 * Math.sin(x / 20) + 8 * Math.cos(z / 15)), 384 + z], 3 * i);
    colors[i] = (0xff000000 | Math.imul(i + 1, 0x9e3779b1) >>> 8) >>> 0;
  }
  world.apply({ kind: "patch", cells: { positions, colors } });
}
