/** Cameras, level of detail, and which regions a camera sees in which order: pure, shared with the browser. */
export { type Viewport, viewportProblem } from "./viewport.ts";

export { fitBounds, type FittedCamera, USUAL_FOV_Y } from "./fit_camera.ts";
export { RegionPyramid } from "./region_pyramid.ts";
export { VisibleSet } from "./visible_set.ts";
export { computeVisible } from "./compute_visible.ts";
export { lodForDistance, type LodRule } from "./lod.ts";
export { type DetailRule, lodRuleFor } from "./screen_error.ts";
export { type DetailedRegion, type Light, shadowCasters } from "./shadow_casters.ts";
