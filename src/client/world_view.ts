import type { KnownRegion } from "../protocol/mod.ts";
import { createGrid, type RegionKey } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import type { DecodedRegion, FromDecoder, ToDecoder } from "./decode_messages.ts";
import { RateMeter } from "./rate_meter.ts";
import { RegionRetention, type RetainedRegion } from "./region_retention.ts";
import type { RegionStore, StoreLink } from "./region_store.ts";
import type { Registration } from "./server_message.ts";
import { ShownDetail } from "./shown_detail.ts";
import { VoxelScene } from "./voxel_scene.ts";

/** What is used of the decoding Worker. */
export type DecoderPort = Pick<Worker, "postMessage" | "onmessage" | "onerror">;

/** What a view of a world is made with. */
export interface WorldViewOptions {
  /** The decoding Worker. */
  readonly worker: DecoderPort;
  /** Memory, of graphics card and Worker, above which regions out of view are dropped. */
  readonly maxBytes: number;
  readonly now: () => number;
  /** A frame that could not be read, or a Worker that failed. */
  readonly onProblem: (message: string) => void;
}

/** Counts of frames since the page was opened. */
export interface FrameCounts {
  received: number;
  bytes: number;
  malformed: number;
  superseded: number;
}

/** Less detail of what is shown waits for so long, as more may follow. */
const COARSER_AFTER_MS = 2000;

/** One world as this page holds it: frames go to the Worker, what comes back goes to the scene. */
export class WorldView implements RegionStore {
  readonly scene = new VoxelScene();
  readonly counts: FrameCounts = { received: 0, bytes: 0, malformed: 0, superseded: 0 };
  readonly rate = new RateMeter();
  readonly #options: WorldViewOptions;
  readonly #retention: RegionRetention;
  readonly #detail = new ShownDetail<DecodedRegion>(COARSER_AFTER_MS);
  /** Memory of each region that the Worker holds, those that are empty included. */
  readonly #held = new Map<RegionKey, RetainedRegion>();
  readonly #questions = new Map<number, (regions: readonly KnownRegion[]) => void>();
  #lastQuestion = 0;
  #link: StoreLink | undefined;
  #registration: Registration | undefined;
  #generation = 0;
  #pending = 0;
  #backlogBytes = 0;

  constructor(options: WorldViewOptions) {
    this.#options = options;
    this.#retention = new RegionRetention({ maxBytes: options.maxBytes, graceMs: 3000, maxAgeMs: 60_000 });
    options.worker.onmessage = ({ data }: MessageEvent<FromDecoder>) => this.#answered(data);
    options.worker.onerror = (event) => options.onProblem(`The decoder failed: ${event.message}`);
  }

  get registration(): Registration | undefined {
    return this.#registration;
  }

  /** Frames that the Worker has not answered yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Bytes of these frames. */
  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** Whether all that has come is in the scene as it is to stay. */
  get isSettled(): boolean {
    return this.#pending === 0 && this.#detail.size === 0;
  }

  attach(link: StoreLink): void {
    this.#link = link;
  }

  /** Drops what was held, unless the registration goes on with it. */
  begin(registration: Registration): void {
    this.#registration = registration;
    if (registration.resumed) return;
    this.#generation++;
    this.#pending = 0;
    this.#backlogBytes = 0;
    this.#held.clear();
    this.#retention.reset();
    this.#detail.reset();
    this.scene.reset(createGrid(registration.bounds, registration.level, registration.depth));
    this.#post({ type: "reset", generation: this.#generation, maxDepth: registration.depth }, []);
  }

  /** Takes frames of the present registration; their buffer is given away. */
  receive(frames: readonly Uint8Array<ArrayBuffer>[]): void {
    const bytes = frames.reduce((sum, { length }) => sum + length, 0);
    this.counts.received += frames.length;
    this.counts.bytes += bytes;
    this.rate.add(bytes, this.#options.now());
    this.#pending += frames.length;
    this.#backlogBytes += bytes;
    this.#post({ type: "frames", frames }, [...new Set(frames.map(({ buffer }) => buffer))]);
  }

  /** The server was told of a view. */
  told(viewport: Viewport): void {
    this.#retention.told(viewport, this.scene.grid, this.#options.now());
  }

  /** What the Worker holds, once it has decoded all that came. */
  known(): Promise<readonly KnownRegion[]> {
    const id = ++this.#lastQuestion;
    this.#post({ type: "known", id }, []);
    return new Promise((resolve) => this.#questions.set(id, resolve));
  }

  /** Drops regions that are long out of view, and shows less detail where no more came; to be called now and then. */
  sweep(): void {
    const nowMs = this.#options.now();
    for (const region of this.#detail.due(nowMs)) this.scene.apply(region);
    const dropped = this.#retention.sweep(this.#held, this.scene.grid, nowMs);
    if (dropped.length === 0) return;
    for (const key of dropped) {
      this.#held.delete(key);
      this.#detail.forget(key);
      this.scene.remove(key);
    }
    this.#post({ type: "forget", keys: dropped }, []);
  }

  /** Regions held at each level of detail, the finest first. */
  lods(): number[] {
    const counts: number[] = [];
    for (const { lod } of this.scene.meshes.values()) {
      while (counts.length <= lod) counts.push(0);
      counts[lod]!++;
    }
    return counts;
  }

  #answered(message: FromDecoder): void {
    if (message.type === "known") {
      this.#questions.get(message.id)?.(message.regions);
      this.#questions.delete(message.id);
      return;
    }
    if (message.type === "superseded") this.counts.superseded++;
    if (message.type === "malformed") {
      this.counts.malformed++;
      this.#options.onProblem(message.message);
    }
    // What an earlier registration still had in the Worker says nothing about this one.
    if (message.generation !== this.#generation) return;
    this.#pending--;
    this.#backlogBytes -= message.bytes;
    if (message.type === "region") this.#show(message.region);
    if (message.type === "malformed" && message.key !== undefined) this.#link?.refetch([message.key]);
  }

  #show(region: DecodedRegion): void {
    const nowMs = this.#options.now();
    const { key, heldBytes, words } = region;
    this.#held.set(key, { bytes: heldBytes + words.byteLength });
    this.#retention.arrived(key, nowMs);
    if (this.#detail.offer(region, this.scene.meshes.get(key), nowMs)) this.scene.apply(region);
  }

  #post(message: ToDecoder, transfer: Transferable[]): void {
    this.#options.worker.postMessage(message, transfer);
  }
}
