import type { Clock, TimerId } from "../observe/mod.ts";
import { echo, type JsonFields, VoxcastError } from "../protocol/mod.ts";
import { requireAllowed } from "../security/mod.ts";
import type { RunningStream, StreamRequest, StreamSink, StreamSource } from "../session/mod.ts";
import type { World, Worlds } from "../world/mod.ts";

/** What the source works with. */
export interface WorldFeaturesOptions {
  readonly worlds: Worlds;
  readonly defaultWorld: string;
  readonly clock: Clock;
  /** Clients that are in a world now. */
  readonly clientsIn: (world: string) => number;
}

type Feature = (world: World, options: WorldFeaturesOptions) => number;

/** What can be streamed of a world, by name. */
const FEATURES: Readonly<Record<string, Feature>> = {
  voxels: (world) => world.voxelCount,
  entities: (world) => world.entityCount,
  regions: (world) => world.regions.size,
  "dirty_regions": (world) => world.dirty.size,
  /** Regions that hold something over all regions of the grid. */
  "activity_ratio": (world) => world.regions.size / 2 ** (3 * world.grid.level),
  bytes: (world) => world.bytes,
  seq: (world) => world.seq,
  clients: (world, { clientsIn }) => clientsIn(world.id),
};

const DEFAULT_INTERVAL_MS = 100;
const MIN_INTERVAL_MS = 10;
const MAX_INTERVAL_MS = 10_000;
const MAX_UPDATES = 1_000_000_000;

/** What a subscriber asks for. */
interface FeatureParams {
  readonly intervalMs: number;
  readonly names: readonly string[];
  /** Updates after which the stream ends by itself. */
  readonly maxUpdates: number;
}

/**
 * The stream `stream_features`: numbers of a world, at an interval of 10 ms to 10 s (`update_interval_ms`, 100 if it is not
 * given; longer where more is asked for than is granted), all of them or those named in `features`; with `max_updates` it
 * ends by itself.
 */
export function createWorldFeatures(options: WorldFeaturesOptions): StreamSource {
  return {
    type: "stream_features",
    updateType: "FEATURE_UPDATE",
    open(request: StreamRequest, sink: StreamSink): RunningStream {
      const id = request.world ?? options.defaultWorld;
      requireAllowed(request.principal, "viewer", { world: id });
      const world = options.worlds.get(id);
      if (world === undefined) throw new VoxcastError("WORLD_NOT_FOUND", `There is no world ${echo(id)}`);
      return start(world, readParams(request.params), sink, options);
    },
  };
}

function start(
  world: World,
  { intervalMs, names, maxUpdates }: FeatureParams,
  sink: StreamSink,
  options: WorldFeaturesOptions,
): RunningStream {
  const { clock, worlds } = options;
  let timer: TimerId = clock.setTimeout(tick, 0);
  let dueMs = clock.monotonic();
  let updates = 0;
  let stopped = false;

  function tick(): void {
    if (worlds.get(world.id) !== world) return sink.complete("world_deleted");
    const pauseMs = sink.claim();
    if (pauseMs > 0) {
      dueMs = clock.monotonic() + pauseMs;
      timer = clock.setTimeout(tick, pauseMs);
      return;
    }
    const features = Object.fromEntries(names.map((name) => [name, FEATURES[name]!(world, options)]));
    sink.update({ features });
    if (stopped) return;
    if (++updates >= maxUpdates) return sink.complete("max_updates");
    // From the time it was due, so that the interval holds in the long run; but never several to catch up.
    const nowMs = clock.monotonic();
    dueMs = Math.max(dueMs + intervalMs, nowMs);
    timer = clock.setTimeout(tick, dueMs - nowMs);
  }
  return {
    world: world.id,
    stop(): void {
      stopped = true;
      clock.clearTimeout(timer);
    },
  };
}

function readParams(params: JsonFields): FeatureParams {
  const intervalMs = readNumber(params, "update_interval_ms", MIN_INTERVAL_MS, MAX_INTERVAL_MS);
  const maxUpdates = readNumber(params, "max_updates", 1, MAX_UPDATES);
  return {
    intervalMs: intervalMs ?? DEFAULT_INTERVAL_MS,
    maxUpdates: Math.floor(maxUpdates ?? MAX_UPDATES),
    names: readNames(params),
  };
}

function readNumber(params: JsonFields, name: string, min: number, max: number): number | undefined {
  const value = own(params, name);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    throw new VoxcastError("INVALID_FIELD", `Field 'params.${name}' must be a number from ${min} to ${max}`);
  }
  return value;
}

function readNames(params: JsonFields): readonly string[] {
  const known = Object.keys(FEATURES);
  const value = own(params, "features");
  if (value === undefined) return known;
  const isList = Array.isArray(value) && value.length > 0 && value.length <= known.length;
  if (!isList || !value.every((name) => known.includes(name))) {
    throw new VoxcastError(
      "INVALID_FIELD",
      `Field 'params.features' must be a list of names out of ${known.join(", ")}`,
    );
  }
  return [...new Set<string>(value)];
}

/** A field of its own, null counting as absent, as a client's object may have any prototype's names in it. */
function own(params: JsonFields, name: string): unknown {
  return Object.hasOwn(params, name) ? params[name] ?? undefined : undefined;
}
