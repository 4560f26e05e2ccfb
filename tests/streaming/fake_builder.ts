import type { BuiltRegion } from "../../src/build/mod.ts";
import type { RegionKey } from "../../src/space/mod.ts";
import { builtRegion, type StreamFixture } from "./stream_fixture.ts";

/** One build that has begun: the voxels were read, the trees are not out yet. */
interface Job {
  readonly key: RegionKey;
  readonly version: number;
  readonly built: readonly BuiltRegion[];
}

/**
 * Builds as a test says: what was asked for or has changed waits, is begun in any order, and ends in any order, or never.
 * As with the real one, no two builds of one region run at a time.
 */
export class FakeBuilder {
  readonly #fixture: StreamFixture;
  readonly #running: Job[] = [];

  /** @param fixture its own building is turned off */
  constructor(fixture: StreamFixture) {
    this.#fixture = fixture;
    fixture.autoBuild = false;
  }

  /** Regions that wait for a build. */
  get waiting(): RegionKey[] {
    const { requested, world } = this.#fixture;
    const running = new Set(this.#running.map(({ key }) => key));
    return [...new Set([...requested, ...world.dirty])].filter((key) => !running.has(key));
  }

  /** Begins one of the builds that wait: it will be of the voxels as they are now. */
  begin(pick: number): void {
    const { world, streamer, requested } = this.#fixture;
    const { waiting } = this;
    if (waiting.length === 0) return;
    const key = waiting[pick % waiting.length]!;
    for (let at = requested.indexOf(key); at >= 0; at = requested.indexOf(key)) requested.splice(at, 1);
    const version = world.region(key)?.version ?? 0;
    const kinds = streamer.wantedKinds(world, key, version);
    this.#running.push({ key, version, built: kinds.map((kind) => builtRegion(world, key, kind)) });
  }

  /** Ends one of the builds that have begun; `lost`: nothing comes of it, and nobody is told. */
  end(pick: number, isLost: boolean): void {
    if (this.#running.length === 0) return;
    const [{ key, version, built }] = this.#running.splice(pick % this.#running.length, 1) as [Job];
    if (isLost) return;
    for (const region of built) this.#fixture.streamer.onBuilt(region);
    this.#fixture.world.markBuilt(key, version);
  }

  /** Begins and ends all that waits. */
  finish(): void {
    while (this.waiting.length > 0) this.begin(0);
    while (this.#running.length > 0) this.end(0, false);
  }
}
