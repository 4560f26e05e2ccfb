import type { HeldRegion, KnownRegion } from "../protocol/mod.ts";
import { createGrid, type Grid, type RegionKey } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import { RegionInbox, type RegionInboxOptions } from "./region_inbox.ts";
import { heldBytes } from "./region_lane.ts";
import { RegionRetention } from "./region_retention.ts";
import type { RegionStore, StoreLink } from "./region_store.ts";
import type { Registration } from "./server_message.ts";
import { systemTimers, type Timers } from "./timers.ts";

/** Whom the regions of a world are told to. Only `onRegion` must be given; what is used otherwise stands in brackets. */
export interface WorldRegionsOptions extends Pick<RegionInboxOptions, "maxInFlight" | "decode"> {
  /** This is held of a region now; it has no `keys` if the region is empty. */
  readonly onRegion: (key: RegionKey, held: HeldRegion) => void;
  /** A region is held no more: it was out of view for long, or another registration began. */
  readonly onDropped?: (key: RegionKey) => void;
  /** A frame could not be applied; its region is asked for again. */
  readonly onProblem?: (error: Error) => void;
  /** Memory above which regions out of view are dropped. (512 MiB) */
  readonly maxBytes?: number;
  /** (The platform's.) */
  readonly timers?: Pick<Timers, "monotonic">;
}

const MAX_BYTES = 512 * 2 ** 20;
/** A region out of view for less than that may still be what the server counts on. */
const GRACE_MS = 3000;
/** A region out of view for longer may be out of date. */
const MAX_AGE_MS = 60_000;
/** Regions out of view are looked for at most this often. */
const SWEEP_MS = 1000;

/**
 * The regions of a world in the program's own memory, decoded where it runs: pass one to a client as option `regions`.
 * Frames of any sort are applied in their order, what is out of view for long is dropped, and what a frame is missing for
 * is asked for again.
 */
export class WorldRegions implements RegionStore {
  readonly #options: WorldRegionsOptions;
  readonly #inbox: RegionInbox;
  readonly #retention: RegionRetention;
  readonly #sizes = new Map<RegionKey, { readonly bytes: number }>();
  #grid: Grid | undefined;
  #link: StoreLink | undefined;
  #sweptMs = -Infinity;

  constructor(options: WorldRegionsOptions) {
    this.#options = options;
    this.#inbox = new RegionInbox({
      ...options,
      onRegion: (key, held) => this.#applied(key, held),
      onProblem: (key, error) => {
        if (key !== undefined) this.#link?.refetch([key]);
        options.onProblem?.(error);
      },
    });
    this.#retention = new RegionRetention({
      maxBytes: options.maxBytes ?? MAX_BYTES,
      graceMs: GRACE_MS,
      maxAgeMs: MAX_AGE_MS,
    });
  }

  get backlogBytes(): number {
    return this.#inbox.backlogBytes;
  }

  /** Keys of the regions that are held, empty ones too. */
  get keys(): Iterable<RegionKey> {
    return this.#sizes.keys();
  }

  /** What is held of a region. */
  held(key: RegionKey): HeldRegion | undefined {
    return this.#inbox.held(key);
  }

  attach(link: StoreLink): void {
    this.#link = link;
  }

  begin({ bounds, level, depth, resumed }: Registration): void {
    if (resumed) return;
    const dropped = [...this.#sizes.keys()];
    this.#grid = createGrid(bounds, level, depth);
    this.#sizes.clear();
    this.#retention.reset();
    this.#inbox.reset({ maxDepth: depth });
    for (const key of dropped) this.#options.onDropped?.(key);
  }

  told(viewport: Viewport): void {
    if (this.#grid !== undefined) this.#retention.told(viewport, this.#grid, this.#nowMs());
    this.#sweep();
  }

  receive(frames: readonly Uint8Array<ArrayBuffer>[]): void {
    for (const frame of frames) this.#inbox.push(frame);
  }

  known(): Promise<readonly KnownRegion[]> {
    return this.#inbox.known();
  }

  #applied(key: RegionKey, held: HeldRegion): void {
    this.#sizes.set(key, { bytes: heldBytes(held) });
    this.#retention.arrived(key, this.#nowMs());
    this.#options.onRegion(key, held);
    this.#sweep();
  }

  #sweep(): void {
    const nowMs = this.#nowMs();
    if (this.#grid === undefined || nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    const dropped = this.#retention.sweep(this.#sizes, this.#grid, nowMs);
    this.#inbox.forget(dropped);
    for (const key of dropped) {
      this.#sizes.delete(key);
      this.#options.onDropped?.(key);
    }
  }

  #nowMs(): number {
    return (this.#options.timers ?? systemTimers).monotonic();
  }
}
