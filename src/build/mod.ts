/** Regions become trees: the queue of dirty regions and the backends that build them. */
export {
  BuildAbortedError,
  type BuildAbortReason,
  type Builder,
  type BuildJob,
  type BuildResult,
} from "./builder.ts";
export { type CpuBuilderOptions, createCpuBuilder } from "./cpu/cpu_builder.ts";
export {
  type BuildHooks,
  BuildService,
  type BuildServiceOptions,
  type BuildStats,
  type BuiltRegion,
} from "./service.ts";
export { BuildQueue, type BuildRequest, type Offer } from "./queue.ts";
