import type { AdapterSummary } from "../gpu/mod.ts";
import { bandsOf } from "./band.ts";
import { PictureJob } from "./picture_job.ts";
import type { PictureView } from "./picture_view.ts";
import { TraceError } from "./trace_error.ts";
import { type LinkNews, TraceLink, type TraceLinkOptions } from "./trace_link.ts";
import type { TracedWorld } from "./traced_world.ts";
import type { SceneHit, SceneRay } from "./worker_messages.ts";
import { DeviceFaultError, WorkerLostError } from "./worker_lost_error.ts";

/** Options of {@linkcode TracePool}. */
export interface TracePoolOptions extends Omit<TraceLinkOptions, "maxBytes"> {
  /** Workers. */
  readonly size: number;
  /** Bytes of regions that all of them hold together. */
  readonly maxBytes: number;
  /** Bands of a picture that are tried again after a Worker or its device failed. */
  readonly maxRepeats: number;
}

/** A picture that was made. */
export interface MadePicture {
  readonly rgba: Uint8Array<ArrayBuffer>;
  /** Time on the device itself; 0 where there is none that can tell. */
  readonly gpuMs: number;
}

/**
 * Workers of one kind, each started when it is first needed and replaced when it has died. They share the bands of a
 * picture; each holds the regions that it needs for them.
 */
export class TracePool {
  readonly #options: TracePoolOptions;
  readonly #links: (TraceLink | undefined)[];
  #closed: Error | undefined;

  constructor(options: TracePoolOptions) {
    this.#options = options;
    this.#links = new Array(options.size).fill(undefined);
  }

  /** Bytes of the regions that its Workers hold. */
  get heldBytes(): number {
    return this.#links.reduce((sum, link) => sum + (link?.heldBytes ?? 0), 0);
  }

  /** Memory that its Workers take. */
  get memoryBytes(): number {
    return this.#links.reduce((sum, link) => sum + (link?.memoryBytes ?? 0), 0);
  }

  /** Workers that live. */
  get workers(): number {
    return this.#links.filter((link) => link !== undefined).length;
  }

  /** Opens the device of the first Worker. @throws GpuError, WorkerLostError */
  async open(): Promise<AdapterSummary | undefined> {
    return await this.#link(0).opened;
  }

  /**
   * Makes a picture.
   *
   * @throws TraceError `too-large`, RangeError if the regions make no scene, TooLargeError if it does not fit the device, the
   * signal's reason, and what befell Workers or devices after the repeats are used up
   */
  async picture(
    world: TracedWorld,
    view: PictureView,
    bandPixels: number,
    signal: AbortSignal | undefined,
  ): Promise<MadePicture> {
    const bands = bandsOf(view.widthPx, view.heightPx, bandPixels);
    const job = new PictureJob(view, bands, this.#options.maxRepeats, signal);
    const workers = Math.min(bands.length, this.#links.length);
    await Promise.all(Array.from({ length: workers }, (_, slot) => this.#work(slot, world, job)));
    job.throwIfNotDone();
    return { rgba: job.rgba, gpuMs: job.gpuMs };
  }

  /** Follows a ray in the Worker that owes least. Throws as `picture` does. */
  async pick(world: TracedWorld, ray: SceneRay): Promise<SceneHit | undefined> {
    for (let repeats = 0;; repeats++) {
      const load = (slot: number) => this.#links[slot]?.load ?? 0;
      const slot = this.#links.reduce((best, _, i) => load(i) < load(best) ? i : best, 0);
      try {
        return await this.#link(slot).pick(world, ray);
      } catch (error) {
        const isRepeatable = error instanceof WorkerLostError || error instanceof DeviceFaultError;
        if (!isRepeatable || repeats >= this.#options.maxRepeats) throw error;
      }
    }
  }

  /** Ends all Workers. @returns whether there were any */
  close(): boolean {
    this.#closed = new TraceError("closed", "The tracer has ended");
    const lived = this.workers > 0;
    for (const link of this.#links) link?.terminate(this.#closed);
    this.#links.fill(undefined);
    return lived;
  }

  async #work(slot: number, world: TracedWorld, job: PictureJob): Promise<void> {
    for (let band = job.next(); band !== undefined; band = job.next()) {
      try {
        job.put(band, await this.#link(slot).band(world, job.view, band));
      } catch (error) {
        job.fail(band, error);
      }
    }
  }

  #link(slot: number): TraceLink {
    if (this.#closed !== undefined) throw this.#closed;
    const living = this.#links[slot];
    if (living !== undefined) return living;
    const { size, maxBytes, onNews } = this.#options;
    const link: TraceLink = new TraceLink({
      ...this.#options,
      maxBytes: Math.floor(maxBytes / size),
      onNews: (news: LinkNews) => {
        if (news.type === "died" || news.type === "refused") this.#links[slot] = undefined;
        onNews(news);
      },
    });
    return this.#links[slot] = link;
  }
}
