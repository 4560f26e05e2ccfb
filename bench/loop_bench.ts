/**
 * How long the server's thread is held up while regions are built as fast as the builder can: a real surface of 2 million
 * voxels in one world, both kinds of every region again and again through the `BuildService`, with the payload that a
 * client gets. Measured is the time from one turn of the event loop to the next, less the timer's own millisecond; beside
 * it stands the same with nothing to build, which is what the runtime and the machine make of it.
 * A software adapter shares the processor with everything else, so its row says little about a GPU.
 */
import { Backend, type Builder, type BuildHooks, BuildService } from "../src/build/mod.ts";
import { createCpuBuilder } from "../src/build/cpu/cpu_builder.ts";
import { defaultConfig } from "../src/config/mod.ts";
import { seededRandom, silentLogger, systemClock } from "../src/observe/mod.ts";
import { mortonX, mortonY, mortonZ, type RegionKey } from "../src/space/mod.ts";
import { TREE_KINDS } from "../src/tree/mod.ts";
import { type World, Worlds } from "../src/world/mod.ts";
import { DEFAULT_WORLD_LIMITS, WORLD_DEFAULTS } from "../tests/support/limits.ts";
import { needs } from "../tests/support/needs.ts";
import { dragonSurface } from "./build_surface.ts";
import { benchWith } from "./support/need.ts";

const MAX_GAP_MS = 20;
const MEASURED_MS = 5000;
const CELLS_PER_PATCH = 100_000;

/** What can be measured: how each is opened; the measurement disposes it. */
const BUILDERS: Readonly<Record<string, () => Builder | Promise<Builder>>> = {
  "the CPU pool of 2 Workers": () => {
    return createCpuBuilder({
      poolSize: 2,
      buildTimeoutMs: 30_000,
      clock: systemClock,
      logger: silentLogger,
    });
  },
  "the GPU in its Worker": async () => {
    const { build, gpu } = defaultConfig();
    const backend = new Backend({
      backend: "gpu",
      gpu,
      cpu: { poolSize: 2, buildTimeoutMs: build.buildTimeoutMs },
      clock: systemClock,
      random: seededRandom(1),
      logger: silentLogger,
    });
    await backend.open();
    return backend;
  },
};

for (const [builderName, open] of Object.entries(BUILDERS)) {
  const need = builderName.includes("GPU")
    ? await needs({ read: "." }, { gpu: true })
    : await needs({ read: "." });
  const name = `The event loop while ${builderName} builds at full load`;
  let isMeasured = false;
  benchWith(need, { name, n: 1, warmup: 0 }, async () => {
    if (isMeasured) return;
    isMeasured = true;
    const world = await surfaceWorld();
    await using builder = await open();
    const idle = await measureGaps();
    using load = new FullLoad(builder, world);
    await load.settled();
    const before = load.builds;
    const busy = await measureGaps();
    const perSecond = Math.round((load.builds - before) / (MEASURED_MS / 1000));
    const p99 = quantile(busy, 0.99);
    // deno-lint-ignore no-console
    console.log(
      `${name}: 99 of 100 gaps within ${p99.toFixed(2)} ms (at most ${MAX_GAP_MS}: ` +
        `${p99 <= MAX_GAP_MS ? "met" : "NOT MET"}), half within ${
          quantile(busy, 0.5).toFixed(2)
        } ms, the longest ` +
        `${quantile(busy, 1).toFixed(1)} ms, of ${busy.length}, at ${perSecond} trees/s; without builds ` +
        `${quantile(idle, 0.99).toFixed(2)} ms`,
    );
  });
}

/** Asks for every region again as soon as it is built. */
class FullLoad implements Disposable {
  readonly #service: BuildService;
  readonly #regions: number;
  readonly #first = Promise.withResolvers<void>();
  builds = 0;

  constructor(builder: Builder, world: World) {
    this.#regions = world.dirty.size;
    const hooks: BuildHooks = {
      interestIn: () => ({ seen: 1, size: 1 }),
      wantedKinds: () => TREE_KINDS,
      wantedPayloads: () => [0],
      hasRoomForUnseen: () => true,
      onBuilt: ({ key, kind }) => this.#again(world, key, kind === TREE_KINDS.at(-1)),
    };
    this.#service = new BuildService({
      builder,
      clock: systemClock,
      random: seededRandom(3),
      logger: silentLogger,
      maxQueueDepth: 10_000,
      backfillIntervalMs: 1000,
      // No region waits: what is measured is a builder that never runs dry.
      maxBuildsPerSecondPerRegion: 1000,
      pumpBudgetMs: 8,
      breakerFailures: 3,
      breakerPauseMs: 60_000,
    }, hooks);
    this.#service.watch(world);
  }

  /** Every region was built once: code is warm, and memory has its size. */
  settled(): Promise<void> {
    return this.#first.promise;
  }

  [Symbol.dispose](): void {
    this.#service.dispose();
  }

  #again(world: World, key: RegionKey, isLastKind: boolean): void {
    this.builds++;
    if (this.builds === TREE_KINDS.length * this.#regions) this.#first.resolve();
    // After the service has concluded this build, which it does when the last kind has been told of.
    if (isLastKind) {
      queueMicrotask(() => TREE_KINDS.forEach((kind) => this.#service.request(world, key, kind)));
    }
  }
}

/** Time between two turns of the event loop, again and again. */
function measureGaps(): Promise<number[]> {
  const gaps: number[] = [];
  const startMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<number[]>();
  let lastMs = startMs;
  const turn = (): void => {
    const nowMs = performance.now();
    gaps.push(Math.max(0, nowMs - lastMs - 1));
    lastMs = nowMs;
    if (nowMs - startMs >= MEASURED_MS) resolve(gaps);
    else setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  return promise;
}

async function surfaceWorld(): Promise<World> {
  const { codes } = await dragonSurface();
  const worlds = new Worlds({
    defaults: WORLD_DEFAULTS,
    limits: DEFAULT_WORLD_LIMITS,
    clock: systemClock,
    random: seededRandom(2),
  });
  const world = worlds.create("surface");
  for (let start = 0; start < codes.length; start += CELLS_PER_PATCH) {
    const part = codes.slice(start, start + CELLS_PER_PATCH);
    const positions = new Uint32Array(3 * part.length);
    part.forEach((code, i) => positions.set([mortonX(code), mortonY(code), mortonZ(code)], 3 * i));
    world.apply({
      kind: "patch",
      cells: { positions, colors: part.map((code) => (0xff000000 | code) >>> 0) },
    });
  }
  return world;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
