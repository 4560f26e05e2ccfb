/** Regions become trees: the queue of dirty regions and the backends that build them. */
export {
  BuildAbortedError,
  type BuildAbortReason,
  type Builder,
  type BuildJob,
  type BuildResult,
} from "./builder.ts";
export { Backend, type BackendOptions, type GpuSettings } from "./backend.ts";
export { type BackendStatus, describeBackend } from "./backend_status.ts";
export { buildTree } from "./cpu/build_tree.ts";
export { type CpuBuilderOptions, createCpuBuilder } from "./cpu/cpu_builder.ts";
export type { BuildHooks, BuiltRegion } from "./built_region.ts";
export type { Interest } from "./interest.ts";
export type { BuildStats } from "./build_stats.ts";
export { BuildService, type BuildServiceOptions } from "./service.ts";
export { BuildQueue, type BuildRequest, type Offer } from "./queue.ts";
