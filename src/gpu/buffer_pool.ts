/** Counters of a {@linkcode BufferPool}. */
export interface BufferPoolStats {
  /** Bytes of all buffers that exist. */
  readonly bytes: number;
  /** Of these, bytes that nobody uses. */
  readonly freeBytes: number;
}

/**
 * Buffers of a device, used again: making one costs more than filling it, and a dropped one is not given back in time by
 * itself. Sizes are rounded up to four steps a power of two, so that at most a quarter is wasted.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #maxFreeBytes: number;
  readonly #free = new Map<string, GPUBuffer[]>();
  readonly #keys = new WeakMap<GPUBuffer, string>();
  #bytes = 0;
  #freeBytes = 0;

  /** @param maxFreeBytes unused buffers beyond this are destroyed */
  constructor(device: GPUDevice, maxFreeBytes: number) {
    this.#device = device;
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** A buffer of at least `bytes` with this usage; what it holds is left over from before. */
  acquire(bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = roundSize(bytes, Math.max(bytes, this.#device.limits.maxBufferSize));
    const key = `${usage}:${size}`;
    const free = this.#free.get(key)?.pop();
    if (free !== undefined) {
      this.#freeBytes -= size;
      return free;
    }
    const buffer = this.#device.createBuffer({ label: key, size, usage });
    this.#keys.set(buffer, key);
    this.#bytes += size;
    return buffer;
  }

  /** Gives a buffer back. */
  release(buffer: GPUBuffer): void {
    const key = this.#keys.get(buffer);
    if (key === undefined) throw new RangeError("Cannot release a buffer that is not of this pool");
    if (this.#freeBytes + buffer.size > this.#maxFreeBytes) {
      this.destroy(buffer);
      return;
    }
    const list = this.#free.get(key);
    if (list === undefined) this.#free.set(key, [buffer]);
    else list.push(buffer);
    this.#freeBytes += buffer.size;
  }

  /** Destroys a buffer in use instead of giving it back: after a fault nobody knows what state it is in. */
  destroy(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    this.#keys.delete(buffer);
    buffer.destroy();
  }

  /** Destroys the buffers that nobody uses. */
  dispose(): void {
    for (const list of this.#free.values()) {
      for (const buffer of list) this.destroy(buffer);
    }
    this.#free.clear();
    this.#freeBytes = 0;
  }

  /** Memory now. */
  stats(): BufferPoolStats {
    return { bytes: this.#bytes, freeBytes: this.#freeBytes };
  }
}

function roundSize(bytes: number, most: number): number {
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(Math.max(256, bytes))) - 2));
  return Math.min(Math.ceil(bytes / step) * step, most);
}
