import type { ShaderSource } from "./shader_source.ts";

/** A compute stage by name, with the values of its `override` constants. */
export interface Stage {
  readonly name: string;
  readonly source: ShaderSource;
  readonly constants?: Readonly<Record<string, number>>;
}

/** A buffer that a recording works with. */
export interface RecordedBuffer {
  readonly bytes: number;
  /** What it holds at the start: bytes from the host, zeros, whatever was there before, or what its owner has put there. */
  readonly content: Uint8Array | Uint32Array | "zero" | "any" | "resident";
  /** The buffer of an owner who keeps it from recording to recording, which gives it the content `resident`. */
  readonly resident?: GPUBuffer;
  /** Whether it holds arguments of indirect dispatches. */
  readonly isIndirect: boolean;
}

/** One dispatch: buffers in the order of the stage's bindings. */
export interface RecordedDispatch {
  readonly stage: Stage;
  readonly buffers: readonly string[];
  /** Workgroups along x and y, or where the device finds them. */
  readonly workgroups: readonly [number, number] | { readonly args: string; readonly word: number };
}

/** The first `bytes` of a buffer, wanted back. */
export interface RecordedRead {
  readonly buffer: string;
  readonly bytes: number;
}

/** Everything that one submit does, as data: planned and checked without a device, then run on one. */
export interface Recording {
  readonly buffers: ReadonlyMap<string, RecordedBuffer>;
  readonly dispatches: readonly RecordedDispatch[];
  readonly reads: readonly RecordedRead[];
}

/** A binding must hold one element of its array at least, and the largest of ours without a count are four words. */
const MIN_BYTES = 16;

/** Workgroups of one row of a dispatch; `shared/dispatch.wgsl` holds the same number. */
export const ROW_WORKGROUPS = 32_768;

/** Lays `count` workgroups out in rows, as a device runs at most 65,535 along an axis. */
export function workgroupRows(count: number): [number, number] {
  return count <= ROW_WORKGROUPS ? [count, 1] : [ROW_WORKGROUPS, Math.ceil(count / ROW_WORKGROUPS)];
}

/** Writes down a {@linkcode Recording}. Buffers are known by name. */
export class Recorder implements Recording {
  readonly buffers: Map<string, RecordedBuffer> = new Map();
  readonly dispatches: RecordedDispatch[] = [];
  readonly reads: RecordedRead[] = [];

  /** A buffer that begins with bytes of the host, which are read when the recording is run. */
  upload(name: string, content: Uint8Array | Uint32Array): void {
    this.#add(name, { bytes: Math.max(MIN_BYTES, roundUp(content.byteLength)), content, isIndirect: false });
  }

  /** A buffer that stays on the device and is filled already: neither uploaded nor given back. */
  resident(name: string, buffer: GPUBuffer): void {
    this.#add(name, { bytes: buffer.size, content: "resident", isIndirect: false, resident: buffer });
  }

  /** A buffer that begins with zeros. */
  zeroed(name: string, words: number): void {
    this.#add(name, { bytes: Math.max(MIN_BYTES, 4 * words), content: "zero", isIndirect: false });
  }

  /** A buffer that is written before it is read. */
  scratch(name: string, words: number): void {
    this.#add(name, { bytes: Math.max(MIN_BYTES, 4 * words), content: "any", isIndirect: false });
  }

  /** A buffer of arguments for indirect dispatches. */
  indirect(name: string, words: number): void {
    this.#add(name, { bytes: 4 * words, content: "zero", isIndirect: true });
  }

  /**
   * Adds a dispatch.
   *
   * @param bound name of the buffer for each binding of the shader
   * @param workgroups how many, or the buffer and word where the device finds them
   * @throws RangeError if a binding has no buffer or a buffer is bound that the shader does not know
   */
  dispatch(
    stage: Stage,
    bound: Readonly<Record<string, string>>,
    workgroups: number | { readonly args: string; readonly word: number },
  ): void {
    const { bindings } = stage.source;
    const names = Object.keys(bound);
    const isSame = names.length === bindings.length && bindings.every(({ name }) => name in bound);
    if (!isSame) {
      const expected = bindings.map(({ name }) => name).join(", ");
      throw new RangeError(`Stage ${stage.name} has bindings ${expected}, got ${names.join(", ")}`);
    }
    const buffers = bindings.map(({ name }) => bound[name]!);
    for (const name of buffers) {
      if (!this.buffers.has(name)) {
        throw new RangeError(`Stage ${stage.name} is bound to ${name}, which is not there`);
      }
    }
    this.dispatches.push({
      stage,
      buffers,
      workgroups: typeof workgroups === "number" ? workgroupRows(workgroups) : workgroups,
    });
  }

  /** Asks for the first bytes of a buffer. */
  read(buffer: string, words: number): void {
    this.reads.push({ buffer, bytes: 4 * words });
  }

  #add(name: string, buffer: RecordedBuffer): void {
    if (this.buffers.has(name)) throw new RangeError(`Buffer ${name} is recorded twice`);
    this.buffers.set(name, buffer);
  }
}

/** Copies and bindings go by whole words. */
function roundUp(bytes: number): number {
  return 4 * Math.ceil(bytes / 4);
}
