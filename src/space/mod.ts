/** Bounds, quantisation, Morton codes, region keys, vectors and view frusta: pure, shared with the browser. */
export { add, cross, dot, length, normalize, scale, subtract, type Vec3 } from "./vec3.ts";
export {
  type Bounds,
  cellSize,
  createGrid,
  type Grid,
  gridCells,
  MAX_CELL_BITS,
  MAX_COORDINATE,
  MAX_DEPTH,
  MAX_LEVEL,
  MIN_DEPTH,
} from "./grid.ts";
export { cellCenter, quantize, quantizeAxis } from "./quantize.ts";
export { encodeMorton, mortonX, mortonY, mortonZ } from "./morton.ts";
export {
  cellKey,
  formatRegionKey,
  parseRegionKey,
  regionBounds,
  type RegionKey,
  regionKey,
  regionLevel,
  regionMorton,
  regionOfCell,
  regionOrigin,
} from "./region_key.ts";
export {
  ALL_PLANES,
  classifyBox,
  type Frustum,
  FRUSTUM_NUMBERS,
  perspectiveFrustum,
  type PerspectiveView,
  writePerspectivePlanes,
} from "./frustum.ts";
