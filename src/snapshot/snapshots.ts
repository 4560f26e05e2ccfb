import type { Clock, Histogram, Logger, Metrics, Random } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import type { GatheredRegion, RegionStreamer, ViewedRegion } from "../streaming/mod.ts";
import {
  encodePng,
  type PickHit,
  sceneBytes,
  type TraceBackend,
  type TracedWorld,
  Tracer,
  type TracerHooks,
  type TracerStatus,
  type TraceSettings,
} from "../trace/mod.ts";
import type { TreeKind } from "../tree/mod.ts";
import type { World } from "../world/mod.ts";
import { PictureCache } from "./picture_cache.ts";
import type { PictureRequest } from "./picture_request.ts";
import { pictureTag } from "./picture_tag.ts";
import type { PickRequest } from "./pick_request.ts";
import { type PlannedPick, planPick } from "./planned_pick.ts";
import { type PlannedPicture, planPicture } from "./planned_picture.ts";
import { SharedWork } from "./shared_work.ts";
import { type Refusal, REFUSALS, type SnapshotStatus } from "./snapshot_status.ts";
import { TracerStartError } from "./tracer_start_error.ts";
import { asClientError, isLate, LateTraceError } from "./trace_fault.ts";

/** Limits of pictures, as in the group `snapshots` of the configuration. */
export interface SnapshotSettings {
  readonly maxWidthPx: number;
  readonly maxHeightPx: number;
  readonly maxRegions: number;
  readonly maxAtOnce: number;
  readonly buildWaitMs: number;
  readonly traceTimeoutMs: number;
  readonly maxCacheBytes: number;
}

/** The part of a tracer that is used. */
export type UsedTracer = Pick<Tracer, "open" | "picture" | "pick" | "status" | "restMs" | "close">;

/** What {@linkcode Snapshots} works with. */
export interface SnapshotsOptions {
  readonly settings: SnapshotSettings;
  readonly trace: TraceSettings;
  readonly regions: Pick<RegionStreamer, "picturedRegions" | "gatherTrees">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Takes `voxcast_snapshot_trace_ms`. */
  readonly metrics: Metrics;
  /** Version of the product: another one may draw differently. */
  readonly version: string;
  /** Makes another tracer than the usual one; it is closed with this. */
  readonly createTracer?: (hooks: TracerHooks) => UsedTracer;
}

/** A picture, or that the client has it. */
export interface PictureAnswer {
  /** Its strong entity tag. */
  readonly tag: string;
  /** Undefined where the asker holds it. */
  readonly png: Uint8Array<ArrayBuffer> | undefined;
}

/** A picture that is there. */
interface MadePicture extends PictureAnswer {
  readonly png: Uint8Array<ArrayBuffer>;
}

/** What makes one picture. */
interface Making {
  readonly world: World;
  readonly picture: PlannedPicture;
  /** The regions that it was to show when it was asked for. */
  readonly seen: readonly ViewedRegion[];
}

/**
 * Pictures of worlds, and picks in them. A picture that somebody has already, or that was made before and is as it was, costs
 * no tracing and no build; equal requests share one trace; how many are made at a time, and how long each may take, is
 * bounded.
 */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #tracer: UsedTracer;
  readonly #cache: PictureCache;
  readonly #work = new SharedWork<MadePicture>();
  readonly #traceMs: Histogram<"backend">;
  readonly #refused = Object.fromEntries(REFUSALS.map((reason) => [reason, 0])) as Record<Refusal, number>;
  #isClosed = false;
  /** Picks that are being answered. */
  #picking = 0;
  readonly #counts = { pictures: 0, cacheHits: 0, shared: 0, unchanged: 0, picks: 0 };
  /** Bytes that one Worker holds of a scene at most. */
  readonly #maxSceneBytes: number;

  constructor(options: SnapshotsOptions) {
    const { settings, trace, clock, random, logger, metrics } = options;
    this.#options = options;
    this.#traceMs = metrics.histogram(
      "voxcast_snapshot_trace_ms",
      "Time from a picture's regions to its pixels without the wait for its turn, by what traced it",
      ["backend"],
    );
    const hooks: TracerHooks = {
      onPicture: (backend, _rays, ms) => this.#traceMs.observe({ backend }, ms),
    };
    this.#tracer = options.createTracer?.(hooks) ??
      new Tracer({ settings: trace, clock, random, logger, hooks });
    this.#cache = new PictureCache(settings.maxCacheBytes);
    this.#maxSceneBytes = trace.maxSceneBytes / trace.poolSize;
  }

  /** What traces. */
  get tracer(): TracerStatus {
    return this.#tracer.status();
  }

  /**
   * Finds out what traces, where that was asked for by name; otherwise the first picture does.
   * @throws {TracerStartError} if it cannot be had
   */
  async open(): Promise<void> {
    const { backend } = this.#options.trace;
    if (backend === "auto" || backend === "cpu") return;
    try {
      await this.#tracer.open();
    } catch (error) {
      throw new TracerStartError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** Memory of the Workers that is known of. */
  get workerBytes(): number {
    return this.#tracer.status().memoryBytes;
  }

  /** Counters, and what is going on. */
  status(): SnapshotStatus {
    return {
      ...this.#counts,
      refused: { ...this.#refused },
      inWork: this.#work.size,
      cachedBytes: this.#cache.bytes,
    };
  }

  /**
   * A picture of a world as it is now.
   *
   * @param isHeld whether the asker has the picture of an entity tag
   * @param signal the asker is gone when it aborts; rejects with its reason then
   * @throws {VoxcastError} INVALID_FIELD, INVALID_VIEWPORT, PAYLOAD_TOO_LARGE, BUSY (see {@linkcode isLate}), WORLD_NOT_FOUND,
   * SHUTTING_DOWN, INTERNAL
   */
  async picture(
    world: World,
    request: PictureRequest,
    { isHeld, signal }: { readonly isHeld: (tag: string) => boolean; readonly signal?: AbortSignal },
  ): Promise<PictureAnswer> {
    try {
      const { settings, trace, regions } = this.#options;
      const picture = planPicture(world, request, { ...settings, maxPicturePixels: trace.maxPicturePixels });
      const seen = regions.picturedRegions(world, picture.kind, picture.view);
      const tags = await this.#tagsOf(world, picture, seen);
      const held = tags.find(isHeld);
      if (held !== undefined) return this.#unchanged(held);
      const kept = this.#kept(tags);
      if (kept !== undefined) return kept;
      const made = await this.#share(tags[0], signal, { world, picture, seen });
      return isHeld(made.tag) ? this.#unchanged(made.tag) : made;
    } catch (error) {
      throw this.#refusal(error, signal);
    }
  }

  /**
   * What a ray meets first in a world; undefined if nothing.
   *
   * @param signal the asker is gone when it aborts; rejects with its reason then
   * @throws {VoxcastError} as {@linkcode Snapshots.picture}
   */
  async pick(
    world: World,
    request: PickRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly kind: TreeKind; readonly hit: PickHit | undefined }> {
    this.#picking++;
    try {
      const { maxWaitingPicks } = this.#options.trace;
      if (this.#picking > maxWaitingPicks) {
        throw new VoxcastError("BUSY", `${maxWaitingPicks} other picks are being answered: come again`);
      }
      const pick = planPick(world, request, this.#options.settings.maxRegions);
      const gathered = await this.#gather(world, pick, signal);
      const hit = await this.#inTime(
        signal,
        (timed) => this.#tracer.pick(tracedWorld(world, pick.kind, gathered), pick.ray, timed),
      );
      this.#counts.picks++;
      return { kind: pick.kind, hit };
    } catch (error) {
      throw this.#refusal(error, signal);
    } finally {
      this.#picking--;
    }
  }

  /** Time from now that the process should go on for after {@linkcode Snapshots.close}. */
  get restMs(): number {
    return this.#tracer.restMs;
  }

  /** Ends what is going on, and the tracer's Workers: whoever waits is told SHUTTING_DOWN. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tracer.close();
  }

  #unchanged(tag: string): PictureAnswer {
    this.#counts.unchanged++;
    return { tag, png: undefined };
  }

  /** One of these pictures that is in memory. */
  #kept(tags: readonly string[]): MadePicture | undefined {
    for (const tag of tags) {
      const png = this.#cache.get(tag);
      if (png === undefined) continue;
      this.#counts.cacheHits++;
      return { tag, png };
    }
    return undefined;
  }

  async #share(tag: string, signal: AbortSignal | undefined, making: Making): Promise<MadePicture> {
    const { maxAtOnce } = this.#options.settings;
    if (this.#work.has(tag)) this.#counts.shared++;
    else if (this.#work.size >= maxAtOnce) {
      throw new VoxcastError("BUSY", `${maxAtOnce} other pictures are being made: come again`);
    }
    return await this.#work.do(tag, signal, (all) => this.#make(making, all));
  }

  async #make({ world, picture, seen }: Making, signal: AbortSignal): Promise<MadePicture> {
    const gathered = await this.#gather(world, picture, signal);
    const kept = this.#kept(await this.#tagsOf(world, picture, gathered));
    if (kept !== undefined) return kept;
    let backend = this.tracer.backend;
    const pixels = await this.#inTime(
      signal,
      (timed) =>
        this.#tracer.picture(tracedWorld(world, picture.kind, gathered), picture.camera, {
          signal: timed,
          onMade: (made) => backend = made,
        }),
    );
    this.#counts.pictures++;
    // The one that was to make it may have failed: the tag says what did.
    const tag = await this.#tagOf(world, picture, gathered, backend);
    const { widthPx, heightPx } = picture.camera;
    const png = await encodePng(pixels, widthPx, heightPx, signal);
    this.#cache.put(tag, png);
    if (areOfSameVersions(seen, gathered)) {
      this.#cache.noteMadeFor(await this.#tagOf(world, picture, seen, backend), tag);
    }
    return { tag, png };
  }

  async #gather(
    world: World,
    { kind, view, mayCoarsen }: PlannedPicture | PlannedPick,
    signal: AbortSignal | undefined,
  ): Promise<readonly GatheredRegion[]> {
    const { regions, settings } = this.#options;
    return await regions.gatherTrees(world, kind, view, {
      waitMs: settings.buildWaitMs,
      maxBytes: this.#maxSceneBytes,
      bytesOf: sceneBytes,
      isExact: !mayCoarsen,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Tags of the pictures that would be right: by what makes the next one, and by what else may have made one before. */
  async #tagsOf(
    world: World,
    picture: PlannedPicture,
    regions: readonly ViewedRegion[],
  ): Promise<readonly [string, ...string[]]> {
    const { backend } = this.tracer;
    const other = backend === "gpu" ? "cpu" : "gpu";
    const tag = async (by: TraceBackend) =>
      this.#cache.madeFor(await this.#tagOf(world, picture, regions, by));
    return [await tag(backend), await tag(other)];
  }

  #tagOf(
    world: World,
    picture: PlannedPicture,
    regions: readonly ViewedRegion[],
    backend: TraceBackend,
  ): Promise<string> {
    const adapter = backend === "gpu" ? this.tracer.adapter?.name ?? "" : "";
    return pictureTag({ world, picture, regions, maker: `${this.#options.version} ${backend} ${adapter}` });
  }

  /** Work that is given up after a time. */
  async #inTime<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, settings } = this.#options;
    const timeout = new AbortController();
    const timer = clock.setTimeout(() => {
      timeout.abort(
        new LateTraceError(`It took longer than ${settings.traceTimeoutMs} ms: ask for less, or later`),
      );
    }, settings.traceTimeoutMs);
    try {
      return await work(signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]));
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** What the asker is told; counted. */
  #refusal(error: unknown, signal: AbortSignal | undefined): unknown {
    // The end of the worlds, for one who waits for their regions, is the end of the server then.
    const told = this.#isClosed
      ? new VoxcastError("SHUTTING_DOWN", "The server is shutting down", { cause: error })
      : asClientError(error);
    this.#refused[reasonOf(told, signal)]++;
    return told;
  }
}

function reasonOf(error: unknown, signal: AbortSignal | undefined): Refusal {
  if (signal?.aborted) return "gone";
  if (isLate(error)) return "late";
  if (!(error instanceof VoxcastError)) return "failed";
  switch (error.code) {
    case "BUSY":
      return "busy";
    case "PAYLOAD_TOO_LARGE":
      return "too-large";
    case "INVALID_FIELD":
    case "INVALID_VIEWPORT":
      return "invalid";
    case "WORLD_NOT_FOUND":
      return "gone";
    default:
      return "failed";
  }
}

/** Whether regions were gathered just as they were seen, but for their detail. */
function areOfSameVersions(seen: readonly ViewedRegion[], gathered: readonly GatheredRegion[]): boolean {
  return seen.length === gathered.length &&
    seen.every(({ key, version }, i) => key === gathered[i]!.key && version === gathered[i]!.version);
}

/** What the tracer is given: regions that hold nothing are left out. */
function tracedWorld(world: World, kind: TreeKind, gathered: readonly GatheredRegion[]): TracedWorld {
  const { id, epoch, grid } = world;
  const regions = gathered.flatMap(({ tree, ...region }) => tree === undefined ? [] : [{ ...region, tree }]);
  return { id: `${id} ${epoch}`, grid, kind, regions };
}
