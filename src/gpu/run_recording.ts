import { GpuError } from "./gpu_error.ts";
import type { Recording } from "./recording.ts";
import { recordingProblem } from "./recording_problem.ts";
import {
  type RecordingResult,
  type RecordingRunner,
  type RunOptions,
  SubmittedRecording,
} from "./submitted_recording.ts";

/**
 * Waits for a submit, which blocks the thread. What is read is handed to `take` without a copy and is gone when that
 * returns; without `take` a copy is returned.
 *
 * @throws GpuError `lost`, `out-of-memory` or `validation`, after which none of the recording's buffers is used again
 */
export type CollectRecording = <T = RecordingResult>(take?: (result: RecordingResult) => T) => Promise<T>;

/** A recording whose buffers are filled and whose commands are written, but not yet with the device. */
export interface PreparedRecording {
  /** Hands it to the device. */
  submit(): void;
  /** Waits for it once it is submitted. */
  readonly collect: CollectRecording;
  /** Gives it up before it is submitted. */
  abandon(): void;
}

/**
 * Uploads a recording and submits it at once; returns how to wait for it.
 *
 * @throws GpuError `validation` if the recording does not fit the device: nothing was submitted
 */
export function runRecording(
  runner: RecordingRunner,
  recording: Recording,
  options: RunOptions = {},
): CollectRecording {
  const prepared = prepareRecording(runner, recording, options);
  prepared.submit();
  return prepared.collect;
}

/**
 * Uploads a recording, so that the device can go on with it as soon as it is done with another: waiting for one waits for
 * everything that was submitted, so it must not be submitted earlier.
 *
 * @throws GpuError `validation` if the recording does not fit the device
 */
export function prepareRecording(
  runner: RecordingRunner,
  recording: Recording,
  options: RunOptions = {},
): PreparedRecording {
  const { device } = runner;
  const problem = recordingProblem(recording, device.limits);
  if (problem !== undefined) throw new GpuError("validation", problem);
  const run = new SubmittedRecording(runner, recording, options);
  const errors: Promise<readonly (GPUError | null)[]>[] = [];
  const guarded = (work: () => void) => {
    try {
      errors.push(scoped(device, work));
    } catch (error) {
      run.abandon();
      throw error;
    }
  };
  guarded(() => run.prepare());
  const throwFaults = async () => {
    for (const scope of errors) throwFirst(await scope);
  };
  return {
    submit: () => guarded(() => run.submit()),
    abandon: () => run.abandon(),
    async collect<T>(take: (result: RecordingResult) => T = copied as (result: RecordingResult) => T) {
      let taken: { readonly value: T } | { readonly error: unknown } | undefined;
      try {
        await run.collect((result) => taken = attempt(() => take(result)));
        await throwFaults();
      } catch (error) {
        run.abandon();
        await throwFaults();
        if (error instanceof GpuError) throw error;
        throw new GpuError("lost", `The device gave nothing back: ${String(error)}`, { cause: error });
      }
      run.release();
      if (taken === undefined || "error" in taken) throw taken?.error;
      return taken.value;
    },
  };
}

/** Errors of what `work` asks of the device, innermost scope first; none where the device is gone. */
function scoped(device: GPUDevice, work: () => void): Promise<readonly (GPUError | null)[]> {
  const scopes = ["internal", "out-of-memory", "validation"] as const;
  for (const scope of scopes) device.pushErrorScope(scope);
  let errors: Promise<readonly (GPUError | null)[]>;
  try {
    work();
  } finally {
    errors = Promise.all(scopes.map(() => device.popErrorScope())).catch(() => []);
  }
  return errors;
}

/** What the caller's own code throws is no fault of the device. */
function attempt<T>(work: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function copied(result: RecordingResult): RecordingResult {
  return { ...result, reads: result.reads.map((read) => read.slice()) };
}

/** A refused allocation makes later calls invalid, so memory is looked at first. */
function throwFirst(errors: readonly (GPUError | null)[]): void {
  const [validation, memory, internal] = errors;
  if (memory) throw new GpuError("out-of-memory", memory.message, { cause: memory });
  if (validation) throw new GpuError("validation", validation.message, { cause: validation });
  if (internal) throw new GpuError("internal", internal.message, { cause: internal });
}
