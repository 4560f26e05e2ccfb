import {
  BuildAbortedError,
  type BuildAbortReason,
  type Builder,
  type BuildHooks,
  type BuildJob,
  type BuildResult,
  BuildService,
  type BuiltRegion,
} from "../../src/build/mod.ts";
import { buildEsvo } from "../../src/build/cpu/esvo.ts";
import { buildEsvt } from "../../src/build/cpu/esvt.ts";
import { type Random, seededRandom, silentLogger } from "../../src/observe/mod.ts";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import type { TreeKind } from "../../src/tree/mod.ts";
import { type World, Worlds } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../support/limits.ts";

/** A builder that finishes or fails a job when the test says so; the trees are real, and the samples are taken away. */
export class HeldBuilder implements Builder {
  readonly name = "held";
  readonly slots: number;
  readonly #onStart: () => void;
  readonly jobs: { job: BuildJob; resolve: (result: BuildResult) => void; reject: (error: Error) => void }[] =
    [];
  started = 0;

  constructor(slots: number, onStart: () => void) {
    this.slots = slots;
    this.#onStart = onStart;
  }

  build(job: BuildJob): Promise<BuildResult> {
    this.started++;
    this.#onStart();
    const { keys, colors, materials } = job.samples;
    const transfer = [keys.buffer, colors.buffer, materials.buffer] as ArrayBuffer[];
    const moved = { ...job, samples: structuredClone(job.samples, { transfer }) };
    return new Promise((resolve, reject) => this.jobs.push({ job: moved, resolve, reject }));
  }

  /** Finishes the jobs, and those that start meanwhile, until none is left. */
  async finishAll(): Promise<void> {
    while (this.jobs.length > 0) await this.finish();
  }

  /** Finishes the oldest job, or the oldest of a kind. */
  async finish(kind?: TreeKind): Promise<void> {
    const at = this.jobs.findIndex(({ job }) => kind === undefined || job.kind === kind);
    const [{ job, resolve }] = this.jobs.splice(at, 1) as [HeldBuilder["jobs"][number]];
    resolve(treeOf(job));
    await settle();
  }

  /** Finishes all present jobs in one task, as one message of a Worker would. */
  async finishAtOnce(): Promise<void> {
    for (const { job, resolve } of this.jobs.splice(0)) resolve(treeOf(job));
    await settle();
  }

  /** Fails all present jobs, as a fault of their regions or for a reason outside them. */
  async failAll(reason?: BuildAbortReason): Promise<void> {
    for (const { reject } of this.jobs.splice(0)) reject(failure(reason));
    await settle();
  }

  /** Fails the jobs of one kind. */
  async failKind(kind: TreeKind, reason?: BuildAbortReason): Promise<void> {
    const failing = this.jobs.filter(({ job }) => job.kind === kind);
    const others = this.jobs.filter(({ job }) => job.kind !== kind);
    this.jobs.splice(0, this.jobs.length, ...others);
    for (const { reject } of failing) reject(failure(reason));
    await settle();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function treeOf({ kind, samples, depth }: BuildJob): BuildResult {
  const build = kind === "esvo" ? buildEsvo : buildEsvt;
  return { tree: build(samples, depth), payloads: new Map(), buildMs: 2 };
}

function failure(reason: BuildAbortReason | undefined): Error {
  return reason === undefined
    ? new Error("the Worker died")
    : new BuildAbortedError(reason, `It was ${reason}`);
}

/** Enough turns of the microtask queue for what follows a finished job. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

/** A service over one world of 4 regions an axis and 8 cells a region's axis, and all that it tells. */
export interface ServiceSetup {
  readonly clock: ManualClock;
  readonly builder: HeldBuilder;
  readonly service: BuildService;
  readonly world: World;
  readonly built: BuiltRegion[];
  /** How many clients see a region; `defaultSeen` for those not in it. */
  readonly seen: Map<RegionKey, number>;
  /** How large a region is to each of them, its edge by its distance; 1 for those not in it. */
  readonly sizes: Map<RegionKey, number>;
}

/** What a test may set. */
export interface ServiceSetupOptions {
  readonly slots?: number;
  readonly maxQueueDepth?: number;
  /** How many clients see a region of which nothing is said; 1 unless told. */
  readonly defaultSeen?: number;
  readonly breakerFailures?: number;
  /** Told each time that the service asks who sees a region. */
  readonly onInterest?: (key: RegionKey) => void;
  readonly onWait?: (ms: number) => void;
  readonly onBuildTime?: (ms: number) => void;
  readonly random?: Random;
  readonly hasRoom?: () => boolean;
  readonly wantedKinds?: (key: RegionKey, version: number) => readonly TreeKind[];
  /** Told of each build as the hook is. */
  readonly onBuilt?: (built: BuiltRegion) => void;
  /** Time that starting one build takes. */
  readonly startMs?: number;
  /** Time that publishing one build takes. */
  readonly publishMs?: number;
}

/** Makes a service and a world that it watches. */
export function setUpService(options: ServiceSetupOptions = {}): ServiceSetup {
  const clock = new ManualClock();
  const builder = new HeldBuilder(options.slots ?? 1, () => clock.block(options.startMs ?? 0));
  const built: BuiltRegion[] = [];
  const seen = new Map<RegionKey, number>();
  const sizes = new Map<RegionKey, number>();
  const hooks: BuildHooks = {
    interestIn(_world, key) {
      options.onInterest?.(key);
      const clients = seen.get(key) ?? options.defaultSeen ?? 1;
      return { seen: clients, size: clients * (sizes.get(key) ?? 1) };
    },
    wantedKinds: (_world, key, version) => options.wantedKinds?.(key, version) ?? ["esvo"],
    wantedPayloads: () => [],
    hasRoomForUnseen: () => options.hasRoom?.() ?? true,
    onBuilt(region) {
      clock.block(options.publishMs ?? 0);
      built.push(region);
      options.onBuilt?.(region);
    },
  };
  const service = new BuildService({
    builder,
    clock,
    random: options.random ?? seededRandom(1),
    logger: silentLogger,
    maxQueueDepth: options.maxQueueDepth ?? 100,
    backfillIntervalMs: 10_000,
    maxBuildsPerSecondPerRegion: 10,
    pumpBudgetMs: 8,
    breakerFailures: options.breakerFailures ?? 3,
    breakerPauseMs: 60_000,
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
    ...(options.onBuildTime === undefined ? {} : { onBuildTime: options.onBuildTime }),
  }, hooks);
  const worlds = new Worlds({
    defaults: WORLD_DEFAULTS,
    limits: DEFAULT_WORLD_LIMITS,
    clock,
    random: seededRandom(2),
  });
  const world = worlds.create("w", { level: 2, depth: 3 });
  service.watch(world);
  return { clock, builder, service, world, built, seen, sizes };
}

/** Sets one voxel of the region with this Morton code, below 64. */
export function paint(world: World, morton: number, color: number, x = 0): void {
  const [rx, ry, rz] = [0, 1, 2].map((axis) => ((morton >> axis) & 1) | (((morton >> (axis + 3)) & 1) << 1));
  const positions = Uint32Array.of(rx! * 8 + x, ry! * 8, rz! * 8);
  world.apply({ kind: "patch", cells: { positions, colors: Uint32Array.of((0xff000000 | color) >>> 0) } });
}

/** Key of the region with this Morton code. */
export function key(morton: number): RegionKey {
  return regionKey(2, morton);
}
