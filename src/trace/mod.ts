/** Pictures of worlds and picks in them, by ray tracing in Workers: on a GPU where there is one, on the CPU otherwise. */
export type { PickHit, PickRay } from "./pick.ts";
export type { PictureCamera } from "./picture_camera.ts";
export { DAYLIGHT, type PictureLook } from "./picture_look.ts";
export { encodePng } from "./png.ts";
export { TraceError, type TraceErrorKind } from "./trace_error.ts";
export type { TracedRegion, TracedWorld } from "./traced_world.ts";
export { type PictureOptions, Tracer, type TracerHooks, type TracerOptions } from "./tracer.ts";
export type { TraceBackend, TracerStatus } from "./tracer_status.ts";
export type { TraceSettings } from "./trace_settings.ts";
export { sceneBytes } from "./scene_bytes.ts";
