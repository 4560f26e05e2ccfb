import type { HeldRegion } from "../protocol/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { DecodedRegion, FromDecoder, ToDecoder } from "./decode_messages.ts";
import { OccupancyGrid } from "./occupancy_grid.ts";
import { RegionInbox, type RegionInboxOptions } from "./region_inbox.ts";
import { buildInstances } from "./region_instances.ts";
import { heldBytes } from "./region_lane.ts";

/** Where decoded regions go, and how many frames are inflated at a time. */
export interface FrameDecoderOptions extends Pick<RegionInboxOptions, "maxInFlight" | "decode"> {
  readonly post: (message: FromDecoder) => void;
}

/**
 * Turns frames into instances: a {@link RegionInbox} whose regions are made ready for the graphics card. Whatever is
 * wrong with a frame is posted, never thrown.
 */
export class FrameDecoder {
  readonly #post: (message: FromDecoder) => void;
  readonly #inbox: RegionInbox;
  readonly #grid = new OccupancyGrid();
  #generation = 0;

  constructor({ post, ...options }: FrameDecoderOptions) {
    this.#post = post;
    this.#inbox = new RegionInbox({
      ...options,
      onRegion: (key, held, bytes) => this.#show(key, held, bytes),
      onSuperseded: (bytes) => post({ type: "superseded", generation: this.#generation, bytes }),
      onProblem: (key, { message }, bytes) =>
        post({ type: "malformed", generation: this.#generation, bytes, message, key }),
    });
  }

  /** Does what the page says. */
  receive(message: ToDecoder): void {
    switch (message.type) {
      case "reset":
        this.#generation = message.generation;
        this.#inbox.reset({ maxDepth: message.maxDepth });
        break;
      case "frames":
        for (const frame of message.frames) this.#inbox.push(frame);
        break;
      case "forget":
        this.#inbox.forget(message.keys);
        break;
      case "known":
        void this.#inbox.known().then((regions) => this.#post({ type: "known", id: message.id, regions }));
    }
  }

  #show(key: RegionKey, held: HeldRegion, bytes: number): void {
    const { keys, colors, levels, version, lod } = held;
    const width = levels === 0 ? 0 : 2 ** (levels - 1);
    const { words, drawn } = buildInstances(keys, colors, width, this.#grid);
    const region: DecodedRegion = {
      key,
      version,
      lod,
      width,
      voxels: keys.length,
      drawn,
      words,
      heldBytes: heldBytes(held),
    };
    this.#post({ type: "region", generation: this.#generation, bytes, region });
  }
}
