/**
 * The GPU: devices, compiled stages, recorded work and what it gives back. For Workers only, as waiting blocks the thread;
 * the breaker is for whoever decides whether to ask it.
 */
export { type BreakerState, CircuitBreaker, type CircuitBreakerOptions } from "./breaker.ts";
export { type AdapterSummary, chooseAdapter, describeAdapter } from "./adapter.ts";
export { BufferPool } from "./buffer_pool.ts";
export { type DeviceEvents, openDevice } from "./device.ts";
export { GpuError, type GpuErrorKind } from "./gpu_error.ts";
export { compileStages } from "./pipelines.ts";
export { Readback } from "./readback.ts";
export { type RecordedDispatch, Recorder, type Recording, ROW_WORKGROUPS, type Stage } from "./recording.ts";
export { recordingProblem } from "./recording_problem.ts";
export { type PreparedRecording, prepareRecording, runRecording } from "./run_recording.ts";
export { type ShaderFile, ShaderSource } from "./shader_source.ts";
export type { RecordingResult, RecordingRunner } from "./submitted_recording.ts";
