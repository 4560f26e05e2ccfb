import { createGrid } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import type { FromDecoder, ToDecoder } from "./decode_messages.ts";
import { RateMeter } from "./rate_meter.ts";
import { RegionRetention } from "./region_retention.ts";
import type { Registration } from "./server_message.ts";
import { VoxelScene } from "./voxel_scene.ts";

/** What a view of a world is made with. */
export interface WorldViewOptions {
  /** The decoding Worker. */
  readonly worker: Worker;
  /** Graphics memory above which regions out of view are dropped. */
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

/** One world as this page holds it: frames go to the Worker, what comes back goes to the scene. */
export class WorldView {
  readonly scene = new VoxelScene();
  readonly counts: FrameCounts = { received: 0, bytes: 0, malformed: 0, superseded: 0 };
  readonly rate = new RateMeter();
  readonly #options: WorldViewOptions;
  readonly #retention: RegionRetention;
  #registration: Registration | undefined;
  #generation = 0;
  #pending = 0;

  constructor(options: WorldViewOptions) {
    this.#options = options;
    this.#retention = new RegionRetention({ maxBytes: options.maxBytes, graceMs: 3000, maxAgeMs: 60_000 });
    options.worker.onmessage = ({ data }: MessageEvent<FromDecoder>) => this.#decoded(data);
    options.worker.onerror = (event) => options.onProblem(`The decoder failed: ${event.message}`);
  }

  get registration(): Registration | undefined {
    return this.#registration;
  }

  /** Frames that the Worker has not answered yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Drops what was held and starts with a new registration: its epoch may have gone back, and nothing was sent yet. */
  begin(registration: Registration): void {
    this.#registration = registration;
    this.#generation++;
    this.#pending = 0;
    this.#retention.reset();
    this.scene.reset(createGrid(registration.bounds, registration.level, registration.depth));
    this.#post({ type: "reset", generation: this.#generation, maxDepth: registration.depth }, []);
  }

  /** Takes a frame of the present registration; its bytes are given away. */
  receive(bytes: ArrayBuffer): void {
    this.counts.received++;
    this.counts.bytes += bytes.byteLength;
    this.rate.add(bytes.byteLength, this.#options.now());
    this.#pending++;
    this.#post({ type: "frame", bytes }, [bytes]);
  }

  /** The server was told of a view. */
  told(viewport: Viewport): void {
    this.#retention.told(viewport, this.scene.grid, this.#options.now());
  }

  /** Drops regions that are long out of view; to be called now and then. */
  sweep(): void {
    const dropped = this.#retention.sweep(this.scene.meshes, this.scene.grid, this.#options.now());
    for (const key of dropped) this.scene.remove(key);
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

  #decoded(message: FromDecoder): void {
    if (message.type === "malformed") {
      this.counts.malformed++;
      this.#options.onProblem(message.message);
    }
    if (message.type === "superseded") this.counts.superseded++;
    // What an earlier registration still had in the Worker says nothing about this one.
    if (message.generation !== this.#generation) return;
    this.#pending--;
    if (message.type !== "region") return;
    this.scene.apply(message.region);
    this.#retention.arrived(message.region.key, this.#options.now());
  }

  #post(message: ToDecoder, transfer: Transferable[]): void {
    this.#options.worker.postMessage(message, transfer);
  }
}
