import { assert, assertEquals } from "@std/assert";
import {
  encodeKnown,
  FEATURES,
  FLAG_DELTA,
  FLAG_REFINEMENT,
  type FrameCodec,
  type HeldRegion,
  type KnownRegion,
  LOD_NONE,
  readKnown,
} from "../../src/protocol/mod.ts";
import { type RegionKey, regionKey, regionMorton } from "../../src/space/mod.ts";
import { decodeLevel, emptyHash, hashSamples, type TreeKind } from "../../src/tree/mod.ts";
import {
  computeVisible,
  lodRuleFor,
  RegionPyramid,
  type Viewport,
  VisibleSet,
} from "../../src/viewport/mod.ts";
import { type FakeClient, type StreamFixture, treeOf } from "./stream_fixture.ts";

/** What a client of the model asks for. */
export interface ModelRegistration {
  readonly kind: TreeKind;
  readonly codec: FrameCodec;
  /** Bit i: the i-th of FEATURES. */
  readonly features: number;
  readonly intervalMs: number;
  readonly viewport: Viewport;
}

/** How honest a client is about what it holds when it comes again. */
export type Honesty = "true" | "stale" | "false" | "corrupt";

/** A client of the model: a socket, what was asked for on it, and what must hold of what came. */
export class ModelClient {
  readonly socket: FakeClient;
  readonly #fixture: StreamFixture;
  #registration: ModelRegistration;
  /** Regions of which the server may believe something that is not so. */
  readonly #doubtful = new Set<RegionKey>();
  #checkedFrames = 0;
  #checkedMessages = 0;
  #ackedBytes = 0;

  constructor(fixture: StreamFixture, socket: FakeClient, registration: ModelRegistration) {
    this.#fixture = fixture;
    this.socket = socket;
    this.#registration = registration;
    socket.onUnusable = (key) => this.#doubtful.add(key);
  }

  get isRegistered(): boolean {
    return this.#fixture.streamer.streamOf(this.socket.connection) !== undefined;
  }

  get registration(): ModelRegistration {
    return this.#registration;
  }

  /** Registers, after it has said what it holds if `honesty` says how. */
  register(registration: ModelRegistration = this.#registration, honesty?: Honesty): void {
    const { streamer, world } = this.#fixture;
    if (registration.kind !== this.#registration.kind) this.socket.held.clear();
    this.#registration = registration;
    const known = honesty === undefined ? [] : this.#claims("KNOWN", this.#told(honesty));
    if (honesty === undefined) this.socket.held.clear();
    streamer.register(this.socket.connection, world, {
      ...registration,
      features: FEATURES.filter((_, i) => (registration.features >> i) & 1),
      known: known.map(readKnown),
    });
  }

  look(viewport: Viewport): void {
    this.#registration = { ...this.#registration, viewport };
    this.#fixture.streamer.updateViewport(this.socket.connection, viewport);
  }

  /** Acknowledges a part of what has come and was not acknowledged. */
  acknowledge(part: number): void {
    const { receivedBytes, connection } = this.socket;
    this.#ackedBytes += Math.floor((receivedBytes - this.#ackedBytes) * part);
    this.#fixture.streamer.acknowledge(connection, this.#ackedBytes);
  }

  /** Compares what it holds of its view with the server; answers how many regions differed. */
  verify(): number {
    const { streamer } = this.#fixture;
    const regions: KnownRegion[] = [];
    const seen = this.#seen();
    for (const key of new Set([...seen.keys(), ...this.#doubtful])) {
      const held = seen.has(key) ? this.socket.held.get(key) : undefined;
      if (held !== undefined) regions.push(this.#honestly(key, held));
      else if (this.#doubtful.has(key)) {
        regions.push({ morton: regionMorton(key), version: 0, lod: LOD_NONE });
      }
    }
    this.#doubtful.clear();
    let wrong = 0;
    for (const message of this.#claims("VERIFY", regions)) {
      wrong += streamer.verify(this.socket.connection, readKnown(message))!.wrong;
    }
    return wrong;
  }

  /** Checks what has come since the last check against what was asked for. */
  checkMessages({ maxBulkMessageBytes, maxBundleFrames }: {
    readonly maxBulkMessageBytes: number;
    readonly maxBundleFrames: number;
  }): void {
    const { raw, frames, bundleSizes, wentBack } = this.socket;
    const [bundles, parts, refinements, deltas] = FEATURES.map((_, i) =>
      ((this.#registration.features >> i) & 1) === 1
    );
    for (; this.#checkedMessages < raw.length; this.#checkedMessages++) {
      if (parts) {
        assert(raw[this.#checkedMessages]!.length <= maxBulkMessageBytes, "a message is longer than granted");
      }
    }
    for (; this.#checkedFrames < frames.length; this.#checkedFrames++) {
      const { codec, flags } = frames[this.#checkedFrames]!.header;
      assert(refinements || flags !== FLAG_REFINEMENT, "a refinement for one who takes none");
      assert(deltas || flags !== FLAG_DELTA, "a delta for one who takes none");
      assert(codec === this.#registration.codec || flags === 0);
    }
    const most = bundles ? maxBundleFrames : 1;
    assert(bundleSizes.splice(0).every((size) => size <= most), "a bundle has more frames than granted");
    assertEquals(wentBack, [], "versions go forward");
  }

  /** Checks that it holds all that it sees, as the server has it now. */
  checkWorld(): void {
    const { world, cache } = this.#fixture;
    const { kind } = this.#registration;
    for (const [key, wanted] of this.#seen()) {
      const { version, samples } = world.snapshot(key);
      const held = this.socket.held.get(key);
      assert(held !== undefined, `region ${key} is missing`);
      assertEquals(held.version, version, `version of region ${key}`);
      if (samples.keys.length === 0) {
        assertEquals(held.levels, 0, "an emptied region leaves no ghost");
        continue;
      }
      const tree = treeOf(samples, kind, world.grid.depth);
      const finest = Math.min(wanted, tree.depth);
      if (cache.heldLod === 0 && cache.stats().oversized === 0) {
        assertEquals(held.lod, finest, `LOD of region ${key}`);
      } else assert(held.lod >= finest, "never finer than wanted");
      const { keys, colors, materials } = decodeLevel(tree, held.lod);
      assertEquals([held.keys, held.colors, held.materials], [keys, colors, materials]);
    }
  }

  /** Regions in the client's view with the LOD that it wants. */
  #seen(): Map<RegionKey, number> {
    const { world, lodRule } = this.#fixture;
    const { grid } = world;
    const pyramid = new RegionPyramid(grid.level);
    for (const key of world.regions.keys()) pyramid.add(regionMorton(key));
    const rule = lodRuleFor(lodRule, this.#registration.viewport, grid);
    const { count, keys, lods } = computeVisible(
      this.#registration.viewport,
      grid,
      pyramid,
      rule,
      new VisibleSet(),
    );
    const seen = new Map<RegionKey, number>();
    for (let i = 0; i < count; i++) seen.set(regionKey(grid.level, keys[i]!), Math.min(lods[i]!, grid.depth));
    return seen;
  }

  #honestly(key: RegionKey, held: HeldRegion): KnownRegion {
    const { version, lod, levels } = held;
    return { morton: regionMorton(key), version, lod, hash: levels === 0 ? emptyHash() : hashSamples(held) };
  }

  /** What it says it holds. */
  #told(honesty: Honesty): KnownRegion[] {
    const { world } = this.#fixture;
    const { held } = this.socket;
    if (honesty === "corrupt") this.#corrupt();
    if (honesty === "false") {
      held.clear();
      const keys = [...world.regions.keys()];
      for (const key of keys) this.#doubtful.add(key);
      return keys.map((key, i) => {
        const version = Math.max(1, world.region(key)!.version - i % 3);
        return { morton: regionMorton(key), version, lod: i % 4 };
      });
    }
    const regions = [...held].map(([key, region]) => this.#honestly(key, region));
    if (honesty !== "stale") return regions;
    // Its memory is older than what it says: what was there is of a version before.
    return regions.map((region) => {
      const { hash: _, ...unchecked } = region;
      this.#doubtful.add(regionKey(world.grid.level, region.morton));
      return { ...unchecked, version: Math.max(1, region.version - 1) };
    });
  }

  /** One colour of each region that is held goes wrong. */
  #corrupt(): void {
    for (const [key, held] of this.socket.held) {
      if (held.levels === 0) continue;
      const colors = held.colors.slice();
      colors[0] = (colors[0]! ^ 0x0f0f0f) >>> 0;
      this.socket.held.set(key, { ...held, colors });
    }
  }

  #claims(type: "KNOWN" | "VERIFY", regions: readonly KnownRegion[]): Uint8Array[] {
    const { id, epoch, grid } = this.#fixture.world;
    return encodeKnown(
      type,
      { kind: this.#registration.kind, level: grid.level, world: id, epoch },
      regions,
      600,
    );
  }
}
