/** The GPU: devices, compiled stages, recorded work and what it gives back. For Workers only: waiting blocks the thread. */
export {
  type AdapterSource,
  type AdapterSummary,
  chooseAdapter,
  describeAdapter,
  findAdapters,
  type FoundAdapter,
} from "./adapter.ts";
export { BufferPool, type BufferPoolStats } from "./buffer_pool.ts";
export { type DeviceEvents, type OpenDevice, openDevice } from "./device.ts";
export { GpuError, type GpuErrorKind } from "./gpu_error.ts";
export { compileStages, type Pipelines } from "./pipelines.ts";
export { Readback } from "./readback.ts";
export {
  type RecordedBuffer,
  type RecordedDispatch,
  type RecordedRead,
  Recorder,
  type Recording,
  ROW_WORKGROUPS,
  type Stage,
  workgroupRows,
} from "./recording.ts";
export { type RecordingLimits, recordingProblem } from "./recording_problem.ts";
export {
  type CollectRecording,
  type RecordingResult,
  type RecordingRunner,
  type RunOptions,
  runRecording,
} from "./run_recording.ts";
export { type ShaderBinding, type ShaderFile, ShaderSource } from "./shader_source.ts";
