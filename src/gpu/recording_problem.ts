import type { RecordedDispatch, Recording } from "./recording.ts";

/** The limits of a device that a recording must keep. */
export interface RecordingLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

/**
 * Checks a recording against the limits of a device and against itself: sizes, workgroups, no buffer bound twice where one
 * binding writes, no arguments bound by the dispatch that reads them, nothing read that nothing has written.
 *
 * @returns the first problem in words, or undefined if there is none
 */
export function recordingProblem(recording: Recording, limits: RecordingLimits): string | undefined {
  for (const [name, { bytes, content }] of recording.buffers) {
    const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
    if (bytes <= 0) return `Buffer ${name} has ${bytes} bytes`;
    if (bytes > most) return `Buffer ${name} needs ${bytes} bytes, the device binds ${most}`;
    if (bytes % 4 !== 0) return `Buffer ${name} has ${bytes} bytes, which is not a whole number of words`;
    if (typeof content !== "string" && content.byteLength > bytes) {
      return `Buffer ${name} has ${bytes} bytes for ${content.byteLength}`;
    }
  }
  const written = new Set<string>();
  for (const [name, { content }] of recording.buffers) if (content !== "any") written.add(name);
  for (const dispatch of recording.dispatches) {
    const problem = dispatchProblem(recording, dispatch, limits, written);
    if (problem !== undefined) return `Stage ${dispatch.stage.name}: ${problem}`;
  }
  for (const { buffer, bytes } of recording.reads) {
    const recorded = recording.buffers.get(buffer);
    if (recorded === undefined) return `Buffer ${buffer} is read, but not there`;
    if (bytes > recorded.bytes) return `Buffer ${buffer} has ${recorded.bytes} bytes, ${bytes} are read`;
    if (!written.has(buffer)) return `Buffer ${buffer} is read, but never written`;
  }
  return undefined;
}

function dispatchProblem(
  { buffers }: Recording,
  { stage, buffers: bound, workgroups }: RecordedDispatch,
  limits: RecordingLimits,
  written: Set<string>,
): string | undefined {
  const { bindings } = stage.source;
  if (bound.length > limits.maxStorageBuffersPerShaderStage) {
    return `${bound.length} buffers, the device takes ${limits.maxStorageBuffersPerShaderStage}`;
  }
  for (const [i, name] of bound.entries()) {
    const { isWritten } = bindings[i]!;
    const other = bound.findIndex((again, j) =>
      again === name && j !== i && (isWritten || bindings[j]!.isWritten)
    );
    if (other >= 0) return `buffer ${name} is bound twice, once to be written`;
    if (!isWritten && !written.has(name)) return `buffer ${name} is read before it is written`;
  }
  if ("args" in workgroups) {
    const args = buffers.get(workgroups.args);
    if (args === undefined || !args.isIndirect) return `${workgroups.args} holds no arguments`;
    if (4 * workgroups.word + 12 > args.bytes) return `${workgroups.args} has no word ${workgroups.word}`;
    if (bound.includes(workgroups.args)) return `${workgroups.args} is bound while it is read`;
  } else {
    for (const count of workgroups) {
      if (!Number.isInteger(count) || count < 1 || count > limits.maxComputeWorkgroupsPerDimension) {
        return `${count} workgroups along an axis, 1 to ${limits.maxComputeWorkgroupsPerDimension} are allowed`;
      }
    }
  }
  for (const [i, name] of bound.entries()) if (bindings[i]!.isWritten) written.add(name);
  return undefined;
}
