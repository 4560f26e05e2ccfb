import { TREE_KINDS, type TreeKind } from "../tree/mod.ts";
import { type PayloadId, payloadId } from "../protocol/mod.ts";
import type { RegionKey } from "../space/mod.ts";
import type { Interest } from "../build/mod.ts";
import type { RegionCache } from "../cache/mod.ts";
import type { DetailRule } from "../viewport/mod.ts";
import type { World } from "../world/mod.ts";
import type { ClientStream } from "./client_stream.ts";
import { RegionWaits } from "./region_waits.ts";
import { WorldStream } from "./world_stream.ts";

/** A world in one kind, and those who look at it so. */
export interface ServedKind {
  readonly stream: WorldStream;
  readonly clients: Set<ClientStream>;
  /** Those who wait for single regions. */
  readonly waits: RegionWaits;
}

/** One world with the clients that see it, in each kind of tree. */
export class ServedWorld implements Disposable {
  readonly world: World;
  readonly kinds: Readonly<Record<TreeKind, ServedKind>>;
  readonly #cache: RegionCache;

  /**
   * @param nextIndex gives a number for each stream that no other in the process has
   * @param onAppeared called with the clients whose views must be computed again because there are new regions
   */
  constructor(
    world: World,
    { cache, lodRule, nextIndex, onAppeared }: {
      readonly cache: RegionCache;
      readonly lodRule: DetailRule;
      readonly nextIndex: () => number;
      readonly onAppeared: (clients: Iterable<ClientStream>) => void;
    },
  ) {
    this.world = world;
    this.#cache = cache;
    const serve = (kind: TreeKind): ServedKind => {
      const clients = new Set<ClientStream>();
      const stream = new WorldStream(world, kind, nextIndex(), lodRule, () => onAppeared(clients));
      return { stream, clients, waits: new RegionWaits() };
    };
    this.kinds = { esvo: serve("esvo"), esvt: serve("esvt") };
  }

  /** How many see a region, in whatever kind, and how large. O(clients of the world). */
  interestIn(key: RegionKey): Interest {
    const sizeOf = () => this.#sizeOf(key);
    return {
      seen: this.#pins("esvo", key) + this.#pins("esvt", key),
      get size() {
        return sizeOf();
      },
    };
  }

  /**
   * Kinds in which a region is wanted at a version and not in the cache, or only coarser than wanted: those in which clients
   * see it, or the world's own if nobody does.
   */
  wantedKinds(key: RegionKey, version: number): readonly TreeKind[] {
    const seen = TREE_KINDS.filter((kind) => this.#pins(kind, key) > 0);
    const wanted = seen.length > 0 ? seen : [this.world.kind];
    return wanted.filter((kind) => {
      const cached = this.#cache.peek(this.kinds[kind].stream.cacheKey(key));
      if (cached?.version !== version) return true;
      const finest = Math.min(...this.#wantedLods(kind, key));
      return cached.finestLod > Math.max(finest, this.#cache.heldLod, cached.floorLod);
    });
  }

  /** Payloads of a region in a kind that will be sent when it is built, ascending. O(clients of the kind). */
  wantedPayloads(key: RegionKey, kind: TreeKind): readonly PayloadId[] {
    const { clients, waits } = this.kinds[kind];
    const ids = new Set<PayloadId>();
    for (const lod of waits.framesOf(key)) ids.add(payloadId(lod));
    for (const { view } of clients) for (const id of view.wantedPayloads(key)) ids.add(id);
    return [...ids].sort((a, b) => a - b);
  }

  /** Stops to listen to the world, and ends all waits. */
  [Symbol.dispose](): void {
    for (const kind of TREE_KINDS) {
      this.kinds[kind].stream.dispose();
      this.kinds[kind].waits.end();
    }
  }

  #sizeOf(key: RegionKey): number {
    let size = 0;
    for (const kind of TREE_KINDS) {
      for (const client of this.kinds[kind].clients) size += client.view.sizeOf(key);
    }
    return size;
  }

  #wantedLods(kind: TreeKind, key: RegionKey): Set<number> {
    const lods = new Set(this.kinds[kind].waits.lodsOf(key));
    for (const client of this.kinds[kind].clients) {
      const lod = client.view.wantedLod(key);
      if (lod >= 0) lods.add(lod);
    }
    return lods;
  }

  #pins(kind: TreeKind, key: RegionKey): number {
    return this.#cache.pins(this.kinds[kind].stream.cacheKey(key));
  }
}
