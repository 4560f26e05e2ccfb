/** Pictures of worlds and picks in them, as clients ask for them: which camera, which regions, what is kept. */
export type { AskedCamera, PictureRequest } from "./picture_request.ts";
export { type PictureLimits, type PlannedPicture, planPicture } from "./planned_picture.ts";
export type { PickRequest, PointRequest, RayRequest } from "./pick_request.ts";
export { type PictureAnswer, Snapshots, type SnapshotsOptions, type UsedTracer } from "./snapshots.ts";
export { type Refusal, REFUSALS, type SnapshotStatus } from "./snapshot_status.ts";
export { isLate } from "./trace_fault.ts";
export { TracerStartError } from "./tracer_start_error.ts";
