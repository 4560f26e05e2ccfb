import type { KnownRegion } from "../protocol/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { Viewport } from "../viewport/mod.ts";
import type { Registration } from "./server_message.ts";

/** What a store asks of its client. */
export interface StoreLink {
  /**
   * Has regions sent again in full, because a frame of them could not be applied. Asked often for the same one, the
   * client asks the server less and less often.
   */
  readonly refetch: (keys: Iterable<RegionKey>) => void;
}

/**
 * Who holds the regions of a client. With one the client takes refinements and deltas, resumes with what is held after a
 * loss, and lets the server send no faster than frames are decoded. `WorldRegions` is one for any program; the viewer has
 * its own, which decodes in a Worker.
 */
export interface RegionStore {
  /** Bytes of frames that are not decoded yet. */
  readonly backlogBytes: number;
  /** Called once, by the client. */
  attach(link: StoreLink): void;
  /** A registration: unless it is `resumed`, all that is held is void. */
  begin(registration: Registration): void;
  /** The server is told of this view; it forgets regions outside of it, and sends them in full when they come back. */
  told(viewport: Viewport): void;
  /** Frames of the present registration: all of one message, as views of its one buffer, which is the store's now. */
  receive(frames: readonly Uint8Array<ArrayBuffer>[]): void;
  /** What is held, with hashes, once all that came is decoded. */
  known(): Promise<readonly KnownRegion[]>;
}
