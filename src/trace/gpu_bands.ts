import { type AdapterSummary, GpuError } from "../gpu/mod.ts";
import type { Scene } from "../tree/mod.ts";
import type { Band } from "./band.ts";
import type { GpuPictures } from "./gpu_pictures.ts";
import type { PictureView } from "./picture_view.ts";
import type { BandMaker } from "./request_loop.ts";
import type { BandReply } from "./worker_messages.ts";

/** A device that draws. */
export interface OpenPictures {
  readonly adapter: AdapterSummary;
  readonly pictures: Pick<GpuPictures, "band">;
  /** Whether the device has gone away. */
  readonly isLost: boolean;
  /** Gives everything back. */
  close(): void;
}

/** Options of {@linkcode GpuBands}. */
export interface GpuBandsOptions {
  /** @throws GpuError if there is no adapter, no device, or a shader does not compile */
  readonly open: () => Promise<OpenPictures>;
  readonly onLost: (message: string) => void;
}

/** Devices opened for one band, after which it fails. */
const MAX_REOPENINGS = 3;

/**
 * Bands on a device that may go away: another one is opened then and the same band made again, as the scene is still here.
 */
export class GpuBands implements BandMaker {
  readonly #options: GpuBandsOptions;
  #gpu: OpenPictures | undefined;

  constructor(options: GpuBandsOptions) {
    this.#options = options;
  }

  /** Opens the device, if there is none. */
  async open(): Promise<AdapterSummary> {
    this.#gpu ??= await this.#options.open();
    return this.#gpu.adapter;
  }

  async band(scene: Scene, view: PictureView, band: Band): Promise<BandReply> {
    for (let reopenings = 0;; reopenings++) {
      await this.open();
      const gpu = this.#gpu!;
      let reply: BandReply | undefined;
      let error: unknown = new GpuError("lost", "The device was lost");
      try {
        reply = await gpu.pictures.band(scene, view, band);
      } catch (cause) {
        error = cause;
      }
      // News of a loss may come after the error that it led to, and after bytes that mean nothing.
      await new Promise((resolve) => setTimeout(resolve, 0));
      const isLost = gpu.isLost || error instanceof GpuError && error.kind === "lost" && reply === undefined;
      if (reply !== undefined && !isLost) return reply;
      if (!isLost) throw error;
      this.#gpu = undefined;
      this.#options.onLost(error instanceof Error ? error.message : String(error));
      gpu.close();
      if (reopenings === MAX_REOPENINGS) throw error;
    }
  }
}
