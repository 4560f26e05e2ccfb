import { z } from "zod";
import { GIB, KIB, MIB, real, whole } from "./field_schemas.ts";
import { limitsSchema } from "./limits_schema.ts";
import { securitySchema } from "./security_schema.ts";
import { sessionSchema } from "./session_schema.ts";
import { snapshotsSchema } from "./snapshots_schema.ts";
import { streamingSchema } from "./streaming_schema.ts";
import { traceSchema } from "./trace_schema.ts";

/*
 * The single source of every setting: default, range, unit and description stand here and in the schemas of its groups
 * (`*_schema.ts`), and nowhere else. Environment names,
 * flags, help and `docs/configuration.md` are derived from it (see `fields.ts`).
 */

export const PRESETS = ["development", "production", "testing"] as const;
export type PresetName = (typeof PRESETS)[number];

const HOST_PATTERN =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?)$/;
const WORLD_ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const BACKEND_PATTERN = /^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/;

export const configSchema = z.strictObject({
  preset: z.enum(PRESETS).default("development").meta({
    description: "Named set of values that replaces some defaults; see the table of presets",
  }),
  port: whole(7090, 0, 65535, "TCP port", "Port to listen on; 0 takes any free one"),
  host: z.string().regex(HOST_PATTERN).default("127.0.0.1").meta({
    description: "Address to listen on; anything but the machine's own loopback needs a credential",
    allowed: "a host name or an IP address",
  }),
  defaultWorld: z.string().regex(WORLD_ID_PATTERN).default("main").meta({
    description: "World that is made at start and that a client sees if it names none",
    allowed: "1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit",
  }),
  regionLevel: whole(4, 0, 7, "level", "A new world is cut into 2^regionLevel regions an axis"),
  gridDepth: whole(6, 3, 8, "level", "A region holds 2^gridDepth voxels an axis"),
  defaultKind: z.enum(["esvo", "esvt"]).default("esvo").meta({
    description:
      "Kind of tree that a new world is streamed as to clients that ask for none: octrees of cubes (esvo) or tetrahedra (esvt)",
  }),
  worldMin: real(0, -1e9, 1e9, "world units", "Lower bound of a new world on every axis"),
  worldMax: real(1024, -1e9, 1e9, "world units", "Upper bound of a new world on every axis; above worldMin"),
  maxEntitiesPerRegion: whole(10000, 1, 1_000_000, "entities", "Most entities that may overlap one region"),
  world: z.strictObject({
    maxWorlds: whole(64, 1, 10_000, "worlds", "Most worlds at a time"),
    maxVoxelsPerWorld: whole(
      33_554_432,
      1,
      1_073_741_824,
      "voxels",
      "Most voxels in one world, entities not counted",
    ),
    maxWorldBytes: whole(GIB, 64 * KIB, 64 * GIB, "bytes", "Most memory for the voxels of one world"),
    maxVoxelBytesTotal: whole(
      2 * GIB,
      64 * KIB,
      256 * GIB,
      "bytes",
      "Most memory for the voxels of all worlds",
    ),
    maxDirtyRegions: whole(
      65_536,
      1,
      2_097_152,
      "regions",
      "Regions waiting for a build above which a world answers BUSY",
    ),
    maxPatchCells: whole(1_048_576, 1, 16_777_216, "cells", "Most cells in one voxel patch"),
    maxEntitiesPerWorld: whole(100_000, 1, 10_000_000, "entities", "Most entities in one world"),
    maxEntityCells: whole(262_144, 1, 16_777_216, "cells", "Most cells that one entity may cover"),
  }).prefault({}),
  security: securitySchema,
  session: sessionSchema,
  limits: limitsSchema,
  cache: z.strictObject({
    maxCacheMemoryBytes: whole(
      256 * MIB,
      MIB,
      64 * GIB,
      "bytes",
      "Most memory for built regions and their frames",
    ),
  }).prefault({}),
  build: z.strictObject({
    backend: z.string().regex(BACKEND_PATTERN).default("auto").meta({
      description:
        "What builds: auto (a hardware GPU if there is one, else the CPU), gpu (any adapter, software ones too), cpu, " +
        "or a part of an adapter's name in any letter case",
      allowed: "auto, gpu, cpu, or 1 to 100 characters of an adapter's name",
    }),
    buildPoolSize: whole(4, 1, 64, "workers", "Workers that build regions"),
    maxQueueDepth: whole(
      8192,
      1,
      1_000_000,
      "regions",
      "Most regions waiting in the build queue; others stay dirty and refill it",
    ),
    buildTimeoutMs: whole(
      30_000,
      100,
      600_000,
      "ms",
      "A build that takes longer loses its worker and counts as failed",
    ),
    backfillIntervalMs: whole(
      10_000,
      100,
      3_600_000,
      "ms",
      "Time between two looks for dirty regions that nobody asked for",
    ),
    maxBuildsPerSecondPerRegion: whole(10, 1, 1000, "builds/s", "Most builds of one region in a second"),
    pumpBudgetMs: whole(
      8,
      1,
      1000,
      "ms",
      "Most time of starting builds and publishing results in one piece; the rest follows after the event loop has run",
    ),
    breakerFailures: whole(
      3,
      1,
      1000,
      "failures",
      "After so many failures in a row, each after a longer pause, a region is left alone for a while",
    ),
    breakerPauseMs: whole(
      60_000,
      100,
      86_400_000,
      "ms",
      "Time before such a region is tried again, once; the next success ends it, the next failure begins it anew",
    ),
  }).prefault({}),
  gpu: z.strictObject({
    maxBatchRegions: whole(
      4096,
      1,
      65_535,
      "regions",
      "Most regions of one batch; twice as many are in flight",
    ),
    maxBatchVoxels: whole(
      8_388_608,
      1,
      134_217_728,
      "voxels",
      "Most voxels of a batch of more than one region; twice as many are in flight",
    ),
    maxSoftwareBatchVoxels: whole(
      262_144,
      1,
      134_217_728,
      "voxels",
      "The same on a software adapter, which takes a hundred times as long",
    ),
    maxPooledBytes: whole(
      512 * MIB,
      0,
      64 * GIB,
      "bytes",
      "Buffers of the GPU that nobody uses are kept for the next batch up to this size",
    ),
    batchTimeoutMs: whole(
      15_000,
      100,
      600_000,
      "ms",
      "A GPU that does not answer for so long, for each 262,144 voxels that it has, hangs: its worker is replaced, its regions are built again",
    ),
    maxHangs: whole(2, 1, 100, "hangs", "After so many hangs the CPU builds until the next start"),
    maxFailures: whole(
      3,
      1,
      1000,
      "failures",
      "After so many failed batches in a row the CPU builds for a while",
    ),
    pauseMs: whole(60_000, 100, 86_400_000, "ms", "Time before the GPU is tried again after that"),
    maxPauseMs: whole(
      900_000,
      100,
      86_400_000,
      "ms",
      "Longest time before the GPU is tried again; each failed trial doubles it up to this, from pauseMs on",
    ),
  }).prefault({}),
  streaming: streamingSchema,
  trace: traceSchema,
  snapshots: snapshotsSchema,
  performance: z.strictObject({
    regionCacheTtlMs: whole(
      60_000,
      1000,
      86_400_000,
      "ms",
      "A built region that nobody looks at is forgotten after this time",
    ),
    endpointCacheExpireSec: whole(
      1,
      1,
      3600,
      "s",
      "Age up to which /api/health and /api/metrics are answered from memory",
    ),
  }).prefault({}),
  http: z.strictObject({
    maxBodyBytes: whole(32 * MIB, KIB, GIB, "bytes", "Longest body of an HTTP request"),
    maxJsonBytes: whole(
      8 * MIB,
      KIB,
      256 * MIB,
      "bytes",
      "Longest JSON body; it is parsed in one piece (about 0.1 s for the default), larger edits belong into binary patches",
    ),
    maxJsonValues: whole(
      1_500_000,
      16,
      100_000_000,
      "values",
      "Most values in the JSON body of an edit: as many as the shortest voxels that fill 8 MiB have; as many empty objects take about 1 s to parse",
    ),
    maxReadCells: whole(65_536, 1, 16_777_216, "cells", "Largest box of voxels that one request reads back"),
    regionWaitMs: whole(
      5000,
      0,
      60_000,
      "ms",
      "Longest time that a request for a region waits for its build; then 503",
    ),
    maxPollSec: whole(30, 0, 300, "s", "Longest `wait` of a request for news of regions"),
    maxWaitingPolls: whole(1000, 1, 100_000, "requests", "Most requests that wait for regions at a time"),
  }).prefault({}),
  import: z.strictObject({
    maxFileBytes: whole(512 * MIB, KIB, 64 * GIB, "bytes", "Largest model file that the server imports"),
    maxDecodedBytes: whole(GIB, KIB, 64 * GIB, "bytes", "Largest result of decompressing a model file"),
    maxPoints: whole(
      33_554_432,
      1,
      1_073_741_824,
      "points",
      "Most points of a model; voxels count once for each time that the scene shows them",
    ),
    maxSceneNodes: whole(262_144, 1, 16_777_216, "steps", "Most steps through a model's scene graph"),
    maxSceneDepth: whole(1024, 1, 4096, "levels", "Deepest nesting of a model's scene graph"),
    maxCells: whole(
      33_554_432,
      1,
      1_073_741_824,
      "cells",
      "Most cells that a model's points may fill, before equal cells are merged",
    ),
  }).prefault({}),
  log: z.strictObject({
    level: z.enum(["debug", "info", "warn", "error", "silent"]).default("info").meta({
      description: "Events below this level are not written",
    }),
    format: z.enum(["text", "json"]).default("text").meta({
      description: "One line an event: text for people, json for machines",
    }),
  }).prefault({}),
});

type DeepReadonly<T> = T extends readonly (infer Item)[] ? readonly Item[]
  : T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
  : T;

/** Every setting of a server, checked and complete. Frozen. */
export type Config = DeepReadonly<z.infer<typeof configSchema>>;

type ConfigInput = z.input<typeof configSchema>;

/** Some settings, in the shape of `voxcast.json`. */
export type PartialConfig = DeepReadonly<ConfigInput>;

type Dotted<T, Key extends keyof T & string> = NonNullable<T[Key]> extends
  string | number | boolean | readonly unknown[] ? Key
  : `${Key}.${keyof NonNullable<T[Key]> & string}`;

/** Name of a setting as it is written in errors and docs, e.g. `streaming.maxClientsPerServer`. */
export type ConfigKey = { [Key in keyof Config & string]: Dotted<Config, Key> }[keyof Config & string];
