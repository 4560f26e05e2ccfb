import { type DecodedFrame, decodeFrameAsync, type DecodeLimits, readFrameHeader } from "../protocol/mod.ts";
import { regionKey } from "../space/mod.ts";
import type { DecodedRegion, FromDecoder } from "./decode_messages.ts";
import { FrameOrder, type Ticket } from "./frame_order.ts";
import { OccupancyGrid } from "./occupancy_grid.ts";
import { buildInstances } from "./region_instances.ts";

/** Where decoded regions go, and how many frames are inflated at a time. */
export interface FrameDecoderOptions {
  readonly post: (message: FromDecoder) => void;
  readonly maxInFlight?: number;
  /** Stands in for the real decoder in tests. */
  readonly decode?: (bytes: Uint8Array, limits: DecodeLimits) => Promise<DecodedFrame>;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly ticket: Ticket;
}

/**
 * Turns frames into instances. Several frames inflate at once and may finish in any order; {@link FrameOrder} sees to it
 * that what is posted of a region only ever gets newer. Whatever is wrong with a frame is posted, never thrown.
 */
export class FrameDecoder {
  readonly #post: (message: FromDecoder) => void;
  readonly #maxInFlight: number;
  readonly #decode: NonNullable<FrameDecoderOptions["decode"]>;
  readonly #order = new FrameOrder();
  readonly #grid = new OccupancyGrid();
  #waiting: Waiting[] = [];
  #next = 0;
  #inFlight = 0;
  #generation = 0;
  #limits: DecodeLimits = {};

  constructor(options: FrameDecoderOptions) {
    this.#post = options.post;
    this.#maxInFlight = options.maxInFlight ?? 4;
    this.#decode = options.decode ?? decodeFrameAsync;
  }

  /** Starts anew for another registration; frames of the old one are dropped wherever they are. */
  reset(generation: number, maxDepth: number): void {
    this.#generation = generation;
    this.#limits = { maxDepth };
    this.#order.reset();
    this.#waiting = [];
    this.#next = 0;
  }

  /** Takes one frame; its region, or why there is none, is posted later. */
  push(bytes: Uint8Array): void {
    try {
      const { level, morton, version } = readFrameHeader(bytes);
      this.#waiting.push({ bytes, ticket: this.#order.arrived(regionKey(level, morton), version) });
    } catch (error) {
      this.#post({ type: "malformed", generation: this.#generation, message: messageOf(error) });
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight < this.#maxInFlight && this.#next < this.#waiting.length) {
      const { bytes, ticket } = this.#waiting[this.#next++]!;
      if (this.#order.superseded(ticket)) this.#post({ type: "superseded", generation: this.#generation });
      else this.#start(bytes, ticket);
    }
    if (this.#next < this.#waiting.length) return;
    this.#waiting = [];
    this.#next = 0;
  }

  #start(bytes: Uint8Array, ticket: Ticket): void {
    const generation = this.#generation;
    this.#inFlight++;
    this.#decode(bytes, this.#limits)
      .then((frame) => this.#finish(frame, ticket, generation))
      .catch((error) => this.#post({ type: "malformed", generation, message: messageOf(error) }))
      .finally(() => {
        this.#inFlight--;
        this.#pump();
      });
  }

  #finish(frame: DecodedFrame, ticket: Ticket, generation: number): void {
    if (!this.#order.accept(ticket)) this.#post({ type: "superseded", generation });
    else this.#post({ type: "region", generation, region: this.#region(frame, ticket) });
  }

  #region(frame: DecodedFrame, ticket: Ticket): DecodedRegion {
    const { keys, colors, levels, header } = frame;
    const width = levels === 0 ? 0 : 2 ** (levels - 1);
    const { words, drawn } = buildInstances(keys, colors, width, this.#grid);
    const { key, version } = ticket;
    return { key, version, lod: header.lod, width, voxels: keys.length, drawn, words };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
