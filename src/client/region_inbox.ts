import { type DecodeLimits, type HeldRegion, type KnownRegion, readRegionAsync } from "../protocol/mod.ts";
import { type RegionKey, regionMorton } from "../space/mod.ts";
import { RegionLane, type WaitingFrame, waitingFrame } from "./region_lane.ts";

/** Whom an inbox tells of each frame, once, and how many are inflated at a time. */
export interface RegionInboxOptions {
  /** A frame was applied: this is held of its region now. Nothing may change it. */
  readonly onRegion: (key: RegionKey, held: HeldRegion, frameBytes: number) => void;
  /** A frame was of no use: a full one of its region came behind it, or one before it could not be applied. */
  readonly onSuperseded?: (frameBytes: number) => void;
  /**
   * A frame cannot be applied. Its region stays as it was until it comes in full, which the server is to be asked for;
   * undefined if even the region cannot be read.
   */
  readonly onProblem?: (key: RegionKey | undefined, error: Error, frameBytes: number) => void;
  readonly maxInFlight?: number;
  /** Stands in for the real decoder in tests. */
  readonly decode?: typeof readRegionAsync;
}

/**
 * Makes held regions of frames of any sort. Frames of one region are applied in the order in which they came, one after
 * the other; those of different regions inflate at the same time and may finish in any order. Nothing is ever thrown.
 */
export class RegionInbox {
  readonly #options: RegionInboxOptions;
  readonly #maxInFlight: number;
  readonly #decode: typeof readRegionAsync;
  #lanes = new Map<RegionKey, RegionLane>();
  #ready: RegionLane[] = [];
  #limits: DecodeLimits = {};
  #inFlight = 0;
  #backlogBytes = 0;
  #whenIdle: (() => void)[] = [];

  constructor(options: RegionInboxOptions) {
    this.#options = options;
    this.#maxInFlight = options.maxInFlight ?? 4;
    this.#decode = options.decode ?? readRegionAsync;
  }

  /** Bytes of the frames that are neither applied nor dropped. */
  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** What is held of a region. */
  held(key: RegionKey): HeldRegion | undefined {
    return this.#lanes.get(key)?.held;
  }

  /** Forgets everything, frames that are being decoded as well: what comes now is of another registration. */
  reset(limits: DecodeLimits): void {
    this.#limits = limits;
    this.#lanes = new Map();
    this.#ready = [];
    this.#backlogBytes = 0;
    this.#tellIdle();
  }

  /** Takes a frame; what becomes of it is told later. The bytes must not change until then. */
  push(bytes: Uint8Array): void {
    let frame: WaitingFrame;
    try {
      frame = waitingFrame(bytes);
    } catch (error) {
      this.#tell(() => this.#options.onProblem?.(undefined, error as Error, bytes.length));
      return;
    }
    this.#backlogBytes += bytes.length;
    const lane = this.#lanes.get(frame.key) ?? new RegionLane(frame.key);
    this.#lanes.set(frame.key, lane);
    this.#drop(lane.push(frame));
    this.#queue(lane);
    this.#pump();
  }

  /** Drops what is held of regions, except where frames are on their way: these show that the region is wanted again. */
  forget(keys: Iterable<RegionKey>): void {
    for (const key of keys) if (this.#lanes.get(key)?.isIdle === true) this.#lanes.delete(key);
  }

  /** What is held, with hashes, once everything that has come is decoded. */
  async known(): Promise<KnownRegion[]> {
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    const regions: KnownRegion[] = [];
    for (const { key, held, hash } of this.#lanes.values()) {
      if (held === undefined || hash === undefined) continue;
      regions.push({ morton: regionMorton(key), version: held.version, lod: held.lod, hash });
    }
    return regions;
  }

  get #isIdle(): boolean {
    return this.#ready.length === 0 && this.#inFlight === 0;
  }

  #queue(lane: RegionLane): void {
    if (lane.isQueued || !lane.isReady) return;
    lane.isQueued = true;
    this.#ready.push(lane);
  }

  #pump(): void {
    while (this.#inFlight < this.#maxInFlight) {
      const lane = this.#ready.shift();
      if (lane === undefined) break;
      lane.isQueued = false;
      const frame = lane.begin();
      if (frame !== undefined) void this.#run(lane, frame);
    }
    if (this.#isIdle) this.#tellIdle();
  }

  async #run(lane: RegionLane, frame: WaitingFrame): Promise<void> {
    this.#inFlight++;
    const outcome = await this.#decode(lane.held, frame.bytes, this.#limits).catch((error: Error) => error);
    this.#inFlight--;
    if (this.#lanes.get(lane.key) === lane) {
      if (outcome instanceof Error) this.#failed(lane, frame, outcome);
      else this.#applied(lane, frame, outcome);
      this.#queue(lane);
    }
    this.#pump();
  }

  #applied(lane: RegionLane, { bytes }: WaitingFrame, held: HeldRegion): void {
    lane.applied(held);
    this.#backlogBytes -= bytes.length;
    this.#tell(() => this.#options.onRegion(lane.key, held, bytes.length));
  }

  #failed(lane: RegionLane, { bytes }: WaitingFrame, error: Error): void {
    this.#backlogBytes -= bytes.length;
    this.#drop(lane.failed());
    this.#tell(() => this.#options.onProblem?.(lane.key, error, bytes.length));
  }

  #drop(frames: readonly WaitingFrame[]): void {
    for (const { bytes } of frames) {
      this.#backlogBytes -= bytes.length;
      this.#tell(() => this.#options.onSuperseded?.(bytes.length));
    }
  }

  /** What a listener throws is an error of the program, which the platform reports; the frames behind it go on. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #tellIdle(): void {
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
