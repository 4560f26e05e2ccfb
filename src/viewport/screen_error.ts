import type { Grid } from "../space/mod.ts";
import type { LodRule } from "./lod.ts";
import type { Viewport } from "./viewport.ts";

/** How the level of detail is chosen. */
export interface DetailRule extends LodRule {
  /**
   * Most pixels that an edge of a node may have on the screen before its region is shown finer; absent: the distances of
   * `thresholds` decide.
   */
  readonly maxErrorPx?: number;
}

/** Height of a picture whose client does not tell it. */
const USUAL_HEIGHT_PX = 1080;

/**
 * The rule for one camera. By screen-space error, LOD n is fine enough from the distance on at which a node of 2^n cells has
 * `maxErrorPx` on the screen: `2^n cell height / (2 tan(fovY / 2) maxErrorPx)`; so the distances follow from the camera's
 * lens and picture, each twice the one before (Luebke et al., Level of Detail for 3D Graphics, 2003, section 3.3).
 */
export function lodRuleFor(rule: DetailRule, viewport: Viewport, grid: Grid): LodRule {
  const { maxErrorPx, maxLod, hysteresis } = rule;
  if (maxErrorPx === undefined) return rule;
  const { min, max } = grid.bounds;
  const cell = (max[0] - min[0]) / 2 ** (grid.level + grid.depth);
  const heightPx = viewport.heightPx ?? USUAL_HEIGHT_PX;
  const first = 2 * cell * heightPx / (2 * Math.tan(viewport.fovY / 2) * maxErrorPx);
  return { thresholds: Array.from({ length: maxLod }, (_, lod) => first * 2 ** lod), maxLod, hysteresis };
}
