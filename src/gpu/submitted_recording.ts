import type { BufferPool } from "./buffer_pool.ts";
import { GpuError } from "./gpu_error.ts";
import type { Pipelines } from "./pipelines.ts";
import type { Readback } from "./readback.ts";
import type { RecordedDispatch, Recording } from "./recording.ts";

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
  /** Time on the device, the clearing of buffers included; undefined where it cannot tell. */
  readonly gpuMs: number | undefined;
  /** Time of each dispatch, where the recording was profiled and the device can tell. */
  readonly dispatchMs: readonly number[];
}

/** How a recording is run. */
export interface RunOptions {
  /** Times each dispatch by itself, which keeps them from overlapping. */
  readonly isProfiled?: boolean;
}

const TIMESTAMP_BYTES = 8;

/** A recording on its way through a device, and the buffers that it holds meanwhile. */
export class SubmittedRecording {
  readonly #runner: RecordingRunner;
  readonly #recording: Recording;
  readonly #buffers = new Map<string, GPUBuffer>();
  readonly #staging: GPUBuffer;
  readonly #readBytes: number;
  /** Passes of one dispatch, or one pass of all. */
  readonly #passes: readonly (readonly RecordedDispatch[])[];
  readonly #querySet: GPUQuerySet | undefined;
  #commands: GPUCommandBuffer | undefined;
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
      this.#querySet = device.createQuerySet({ type: "timestamp", count: this.#timestamps });
    }
  }

  /** Uploads, and writes down the commands. */
  prepare(): void {
    this.#acquire();
    this.#commands = this.#encode();
  }

  /** Hands the commands to the device. */
  submit(): void {
    if (this.#commands === undefined) {
      throw new GpuError("internal", "A recording must be prepared before it is submitted");
    }
    this.#runner.device.queue.submit([this.#commands]);
    this.#commands = undefined;
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
      return { reads, gpuMs: undefined, dispatchMs: [] };
    }
    const times = new BigUint64Array(range.slice(at, this.#stagingBytes));
    const gpuMs = Number(times.at(-1)! - times[0]!) / 1e6;
    const dispatchMs = this.#passes.map((_, i) => Number(times[2 * i + 3]! - times[2 * i + 2]!) / 1e6);
    return { reads, gpuMs, dispatchMs };
  }

  /** What is read, and behind it the timestamps. */
  get #stagingBytes(): number {
    return this.#readBytes + TIMESTAMP_BYTES * this.#timestamps;
  }

  /** Begin and end of each pass, and of an empty one before buffers are cleared, which is work as well. */
  get #timestamps(): number {
    return 2 + 2 * this.#passes.length;
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

  /** Another owner's, or one of the pool. */
  #buffer(name: string): GPUBuffer {
    return this.#recording.buffers.get(name)!.resident ?? this.#buffers.get(name)!;
  }

  *#all(): Generator<GPUBuffer> {
    yield* this.#buffers.values();
    yield this.#staging;
    if (this.#queryBuffer !== undefined) yield this.#queryBuffer;
  }

  #acquire(): void {
    const { pool, device } = this.#runner;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    for (const [name, { bytes, content, isIndirect, resident }] of this.#recording.buffers) {
      if (resident !== undefined) continue;
      const buffer = pool.acquire(bytes, isIndirect ? usage | GPUBufferUsage.INDIRECT : usage);
      this.#buffers.set(name, buffer);
      if (typeof content !== "string") writeWhole(device, buffer, content);
    }
  }

  #encode(): GPUCommandBuffer {
    const { device, pool } = this.#runner;
    const encoder = device.createCommandEncoder();
    const querySet = this.#querySet;
    const timed = (i: number): GPUComputePassDescriptor => {
      if (querySet === undefined) return {};
      return {
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      };
    };
    encoder.beginComputePass(timed(0)).end();
    for (const [name, { bytes, content }] of this.#recording.buffers) {
      if (content === "zero") encoder.clearBuffer(this.#buffers.get(name)!, 0, bytes);
    }
    this.#passes.forEach((dispatches, i) => {
      const pass = encoder.beginComputePass(timed(i + 1));
      for (const dispatch of dispatches) this.#dispatch(pass, dispatch);
      pass.end();
    });
    let at = 0;
    for (const { buffer, bytes } of this.#recording.reads) {
      encoder.copyBufferToBuffer(this.#buffer(buffer), 0, this.#staging, at, bytes);
      at += bytes;
    }
    if (querySet !== undefined) {
      const bytes = TIMESTAMP_BYTES * this.#timestamps;
      this.#queryBuffer = pool.acquire(bytes, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
      encoder.resolveQuerySet(querySet, 0, this.#timestamps, this.#queryBuffer, 0);
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
      resource: { buffer: this.#buffer(name), size: this.#recording.buffers.get(name)!.bytes },
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
