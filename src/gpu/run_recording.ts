import type { BufferPool } from "./buffer_pool.ts";
import { GpuError } from "./gpu_error.ts";
import type { Pipelines } from "./pipelines.ts";
import type { Readback } from "./readback.ts";
import type { RecordedDispatch, Recording } from "./recording.ts";
import { recordingProblem } from "./recording_problem.ts";

/** What runs recordings on one device. */
export interface RecordingRunner {
  readonly device: GPUDevice;
  readonly pool: BufferPool;
  readonly pipelines: Pipelines;
  readonly readback: Readback;
}

/** What a submit gave back. */
export interface RecordingResult {
  /** The words read, in the order of the recording's reads. */
  readonly reads: readonly Uint32Array<ArrayBuffer>[];
  readonly readbackBytes: number;
  /** Time on the device between the first and the last dispatch; undefined where it cannot tell. */
  readonly gpuMs: number | undefined;
  /** Time of each dispatch, where the recording was profiled and the device can tell. */
  readonly dispatchMs: readonly number[];
}

/** How a recording is run. */
export interface RunOptions {
  /** Times each dispatch by itself, which keeps them from overlapping. */
  readonly isProfiled?: boolean;
}

/**
 * Waits for a submit, which blocks the thread. What is read is handed to `take` without a copy and is gone when that
 * returns; without `take` a copy is returned.
 */
export type CollectRecording = <T = RecordingResult>(take?: (result: RecordingResult) => T) => Promise<T>;

const TIMESTAMP_BYTES = 8;

/**
 * Uploads and submits a recording at once, and returns how to wait for it. Waiting blocks the thread.
 *
 * @throws GpuError `validation` if the recording does not fit the device (nothing was submitted); when waiting: `lost`,
 * `out-of-memory` or `validation`, after which none of its buffers is used again
 */
export function runRecording(
  runner: RecordingRunner,
  recording: Recording,
  options: RunOptions = {},
): CollectRecording {
  const { device } = runner;
  const problem = recordingProblem(recording, device.limits);
  if (problem !== undefined) throw new GpuError("validation", problem);
  const scopes = ["internal", "out-of-memory", "validation"] as const;
  for (const scope of scopes) device.pushErrorScope(scope);
  let errors: Promise<(GPUError | null)[]>;
  const run = new SubmittedRecording(runner, recording, options);
  try {
    run.submit();
  } catch (error) {
    run.abandon();
    throw error;
  } finally {
    errors = Promise.all(scopes.map(() => device.popErrorScope()));
  }
  return async <T>(take: (result: RecordingResult) => T = copied as (result: RecordingResult) => T) => {
    let taken: { readonly value: T } | { readonly error: unknown } | undefined;
    try {
      await run.collect((result) => taken = attempt(() => take(result)));
      throwFirst(await errors);
    } catch (error) {
      run.abandon();
      throwFirst(await errors.catch(() => []));
      if (error instanceof GpuError) throw error;
      throw new GpuError("lost", `The device gave nothing back: ${String(error)}`, { cause: error });
    }
    run.release();
    if (taken === undefined || "error" in taken) throw taken?.error;
    return taken.value;
  };
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

class SubmittedRecording {
  readonly #runner: RecordingRunner;
  readonly #recording: Recording;
  readonly #buffers = new Map<string, GPUBuffer>();
  readonly #staging: GPUBuffer;
  readonly #readBytes: number;
  /** Passes of one dispatch, or one pass of all. */
  readonly #passes: readonly (readonly RecordedDispatch[])[];
  readonly #querySet: GPUQuerySet | undefined;
  #queryBuffer: GPUBuffer | undefined;

  constructor(runner: RecordingRunner, recording: Recording, { isProfiled = false }: RunOptions) {
    const { device, pool } = runner;
    this.#runner = runner;
    this.#recording = recording;
    this.#readBytes = recording.reads.reduce((bytes, read) => bytes + read.bytes, 0);
    const { dispatches } = recording;
    this.#passes = isProfiled ? dispatches.map((dispatch) => [dispatch]) : [dispatches];
    this.#staging = pool.acquire(this.#stagingBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    if (device.features.has("timestamp-query")) {
      this.#querySet = device.createQuerySet({ type: "timestamp", count: 2 * this.#passes.length });
    }
  }

  /** Uploads and submits. */
  submit(): void {
    this.#acquire();
    this.#runner.device.queue.submit([this.#encode()]);
  }

  /** Blocks the thread until the device is done. */
  collect<T>(take: (result: RecordingResult) => T): Promise<T> {
    return this.#runner.readback.read(
      this.#staging,
      this.#stagingBytes,
      (range) => take(this.#result(range)),
    );
  }

  #result(range: ArrayBuffer): RecordingResult {
    let at = 0;
    const reads = this.#recording.reads.map(({ bytes }) => {
      const read = new Uint32Array(range, at, bytes / 4);
      at += bytes;
      return read;
    });
    if (this.#querySet === undefined) {
      return { reads, readbackBytes: this.#readBytes, gpuMs: undefined, dispatchMs: [] };
    }
    const times = new BigUint64Array(range.slice(at, this.#stagingBytes));
    const gpuMs = Number(times.at(-1)! - times[0]!) / 1e6;
    const dispatchMs = this.#passes.map((_, i) => Number(times[2 * i + 1]! - times[2 * i]!) / 1e6);
    return { reads, readbackBytes: this.#readBytes, gpuMs, dispatchMs };
  }

  /** What is read, and behind it the timestamps. */
  get #stagingBytes(): number {
    return this.#readBytes + 2 * TIMESTAMP_BYTES * this.#passes.length;
  }

  /** Gives the buffers back for the next. */
  release(): void {
    const { pool } = this.#runner;
    for (const buffer of this.#all()) pool.release(buffer);
    this.#querySet?.destroy();
  }

  /** Destroys the buffers: nobody knows what state they are in. */
  abandon(): void {
    const { pool } = this.#runner;
    for (const buffer of this.#all()) pool.destroy(buffer);
    this.#querySet?.destroy();
  }

  *#all(): Generator<GPUBuffer> {
    yield* this.#buffers.values();
    yield this.#staging;
    if (this.#queryBuffer !== undefined) yield this.#queryBuffer;
  }

  #acquire(): void {
    const { pool, device } = this.#runner;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    for (const [name, { bytes, content, isIndirect }] of this.#recording.buffers) {
      const buffer = pool.acquire(bytes, isIndirect ? usage | GPUBufferUsage.INDIRECT : usage);
      this.#buffers.set(name, buffer);
      if (typeof content !== "string") writeWhole(device, buffer, content);
    }
  }

  #encode(): GPUCommandBuffer {
    const { device, pool } = this.#runner;
    const encoder = device.createCommandEncoder();
    for (const [name, { bytes, content }] of this.#recording.buffers) {
      if (content === "zero") encoder.clearBuffer(this.#buffers.get(name)!, 0, bytes);
    }
    const querySet = this.#querySet;
    this.#passes.forEach((dispatches, i) => {
      const writes = { beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass(
        querySet === undefined ? {} : { timestampWrites: { querySet, ...writes } },
      );
      for (const dispatch of dispatches) this.#dispatch(pass, dispatch);
      pass.end();
    });
    let at = 0;
    for (const { buffer, bytes } of this.#recording.reads) {
      encoder.copyBufferToBuffer(this.#buffers.get(buffer)!, 0, this.#staging, at, bytes);
      at += bytes;
    }
    if (querySet !== undefined) {
      const bytes = 2 * TIMESTAMP_BYTES * this.#passes.length;
      this.#queryBuffer = pool.acquire(bytes, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
      encoder.resolveQuerySet(querySet, 0, 2 * this.#passes.length, this.#queryBuffer, 0);
      encoder.copyBufferToBuffer(this.#queryBuffer, 0, this.#staging, at, bytes);
    }
    return encoder.finish();
  }

  #dispatch(pass: GPUComputePassEncoder, { stage, buffers, workgroups }: RecordedDispatch): void {
    const { device, pipelines } = this.#runner;
    const pipeline = pipelines.get(stage.name);
    if (pipeline === undefined) throw new GpuError("internal", `Stage ${stage.name} is not compiled`);
    const entries = buffers.map((name, binding) => ({
      binding,
      // Bound at its planned size, not the pool's, so that the shader sees how long the array is.
      resource: { buffer: this.#buffers.get(name)!, size: this.#recording.buffers.get(name)!.bytes },
    }));
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    if ("args" in workgroups) {
      pass.dispatchWorkgroupsIndirect(this.#buffers.get(workgroups.args)!, 4 * workgroups.word);
    } else {
      pass.dispatchWorkgroups(workgroups[0], workgroups[1]);
    }
  }
}

/** Writes go by whole words; the last is filled up. */
function writeWhole(device: GPUDevice, buffer: GPUBuffer, content: Uint8Array | Uint32Array): void {
  const { byteLength } = content;
  const whole = byteLength & ~3;
  const source = content as Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  if (whole > 0) {
    device.queue.writeBuffer(buffer, 0, source.buffer, source.byteOffset, whole);
  }
  if (byteLength > whole) {
    const rest = new Uint8Array(4);
    rest.set(new Uint8Array(source.buffer, source.byteOffset + whole, byteLength - whole));
    device.queue.writeBuffer(buffer, whole, rest);
  }
}
