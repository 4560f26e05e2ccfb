import type { Band } from "./band.ts";
import type { PictureView } from "./picture_view.ts";
import { DeviceFaultError, WorkerLostError } from "./worker_lost_error.ts";
import type { BandReply } from "./worker_messages.ts";

/** One picture while Workers make its bands. */
export class PictureJob {
  readonly view: PictureView;
  /** RGBA8, rows from the top. */
  readonly rgba: Uint8Array<ArrayBuffer>;
  readonly #waiting: Band[];
  readonly #signal: AbortSignal | undefined;
  #repeatsLeft: number;
  #fault: { readonly error: unknown } | undefined;
  #gpuMs = 0;

  /** @param maxRepeats bands that may be tried again after a Worker or its device failed */
  constructor(
    view: PictureView,
    bands: readonly Band[],
    maxRepeats: number,
    signal: AbortSignal | undefined,
  ) {
    this.view = view;
    this.rgba = new Uint8Array(4 * view.widthPx * view.heightPx);
    this.#waiting = [...bands];
    this.#repeatsLeft = maxRepeats;
    this.#signal = signal;
  }

  /** Time on the device itself. */
  get gpuMs(): number {
    return this.#gpuMs;
  }

  /** The next band to make; undefined if there is none, or the picture has failed or is not wanted any more. */
  next(): Band | undefined {
    if (this.#fault !== undefined || this.#signal?.aborted) return undefined;
    return this.#waiting.shift();
  }

  /** Takes a band that was made. */
  put({ firstRow }: Band, { pixels, gpuMs }: BandReply): void {
    this.#gpuMs += gpuMs ?? 0;
    const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    this.rgba.set(bytes, 4 * this.view.widthPx * firstRow);
  }

  /** Takes note of a band that failed: it is tried again, or the picture has failed. */
  fail(band: Band, error: unknown): void {
    const isRepeatable = error instanceof WorkerLostError || error instanceof DeviceFaultError;
    if (isRepeatable && this.#repeatsLeft-- > 0) this.#waiting.unshift(band);
    else this.#fault ??= { error };
  }

  /** What keeps the picture from being whole, once no Worker is at it any more. */
  throwIfNotDone(): void {
    this.#signal?.throwIfAborted();
    if (this.#fault !== undefined) throw this.#fault.error;
  }
}
