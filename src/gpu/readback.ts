/**
 * Reads buffers back through staging buffers. The runtime's `mapAsync` waits for the device on the calling thread and then
 * sleeps 10 ms more before its promise resolves; the bytes are there before the sleep. So from the second time on they are
 * taken at once. The first time must be awaited: taking bytes of a buffer that was never mapped ends the process.
 */
export class Readback {
  readonly #warm = new WeakSet<GPUBuffer>();

  /**
   * Hands the first `bytes` of a staging buffer to `take`, which must not keep them: they are gone when it returns. Copying
   * them as a whole would cost more than mapping. Blocks the thread until the device has filled the buffer.
   *
   * @throws DOMException if the device is lost
   */
  async read<T>(staging: GPUBuffer, bytes: number, take: (range: ArrayBuffer) => T): Promise<T> {
    const mapped = staging.mapAsync(GPUMapMode.READ, 0, bytes);
    const range = this.#warm.has(staging) ? tryRange(staging, bytes) : undefined;
    // Where the runtime keeps to the letter and maps later, or the device is gone, the promise tells.
    if (range === undefined) await mapped;
    else mapped.catch(() => {});
    this.#warm.add(staging);
    try {
      return take(range ?? staging.getMappedRange(0, bytes));
    } finally {
      staging.unmap();
    }
  }
}

function tryRange(staging: GPUBuffer, bytes: number): ArrayBuffer | undefined {
  try {
    return staging.getMappedRange(0, bytes);
  } catch {
    return undefined;
  }
}
