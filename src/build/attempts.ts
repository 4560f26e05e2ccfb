import type { RegionKey } from "../space/mod.ts";
import { emptyTree, type Samples, type TreeKind } from "../tree/mod.ts";
import type { RegionSnapshot, World } from "../world/mod.ts";
import type { Logger } from "../observe/mod.ts";
import type { Builder, BuildResult } from "./builder.ts";
import type { BuildHooks } from "./built_region.ts";
import { DurationTally } from "./duration_tally.ts";

/** A kind of a region whose build failed. */
export interface Failure {
  readonly kind: TreeKind;
  readonly error: unknown;
}

/** One version of one region on its way through the builder, in every kind that is wanted. */
export interface Attempt {
  readonly world: World;
  readonly key: RegionKey;
  readonly version: number;
  /** Whether the result is still of use: its world may be gone by then. */
  readonly isWanted: () => boolean;
  /** Called once every kind has ended and been published. */
  readonly onEnd: (failures: readonly Failure[]) => void;
}

interface Running extends Attempt {
  readonly hash: RegionSnapshot["hash"];
  /** Kinds whose outcome is still to come. */
  pending: number;
  readonly failures: Failure[];
}

/** How one kind of an attempt ended. */
type Outcome =
  & { readonly attempt: Running; readonly kind: TreeKind }
  & ({ readonly result: Omit<BuildResult, "buildMs"> } | Failure);

/** Options of {@linkcode Attempts}. */
export interface AttemptsOptions {
  readonly builder: Builder;
  readonly hooks: Pick<BuildHooks, "wantedPayloads" | "onBuilt">;
  readonly logger: Logger;
  /** Called when an outcome waits to be published. */
  readonly onOutcome: () => void;
  /** Told how long each build took in the builder. */
  readonly onBuildTime: ((ms: number) => void) | undefined;
}

/** The builds that are in flight: hands samples to the builder, and publishes what it answers, in order, one at a time. */
export class Attempts {
  readonly #options: AttemptsOptions;
  /** What the builder has answered and nobody has been told of yet; `#nextOutcome` is the oldest. */
  #outcomes: Outcome[] = [];
  #nextOutcome = 0;
  #inFlight = 0;
  #jobs = 0;
  readonly #built: Record<TreeKind, number> = { esvo: 0, esvt: 0 };
  readonly #times: DurationTally;

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#times = new DurationTally(options.onBuildTime);
  }

  /** Regions being built, in however many kinds. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the builder has a slot to spare. */
  get hasRoom(): boolean {
    return this.#jobs < this.#options.builder.slots;
  }

  /** Builds that ended well, by kind. */
  get built(): Readonly<Record<TreeKind, number>> {
    return this.#built;
  }

  /** Mean time of a build in the builder; 0 before the first. */
  get meanBuildMs(): number {
    return this.#times.meanMs;
  }

  /** Reads the region once and has every kind built of what it holds now. O(its cells). */
  start(attempt: Attempt, kinds: readonly TreeKind[]): void {
    const { hash, samples } = attempt.world.snapshot(attempt.key);
    this.#inFlight++;
    this.#jobs += kinds.length;
    const running: Running = { ...attempt, hash, pending: kinds.length, failures: [] };
    kinds.forEach((kind, i) => {
      // A builder may take the arrays away, so only the last job gets the snapshot's own.
      this.#build(running, kind, i < kinds.length - 1 ? copyOf(samples) : samples);
    });
  }

  /** Publishes the oldest outcome; false if there is none. */
  publishNext(): boolean {
    const outcome = this.#outcomes[this.#nextOutcome];
    if (outcome === undefined) return false;
    if (++this.#nextOutcome === this.#outcomes.length) {
      this.#outcomes = [];
      this.#nextOutcome = 0;
    }
    this.#jobs--;
    const { attempt } = outcome;
    if ("error" in outcome) attempt.failures.push(outcome);
    else this.#publish(attempt, outcome.kind, outcome.result);
    if (--attempt.pending === 0) {
      this.#inFlight--;
      attempt.onEnd(attempt.failures);
    }
    return true;
  }

  #build(attempt: Running, kind: TreeKind, samples: Samples): void {
    const { world, key } = attempt;
    const depth = world.grid.depth;
    if (samples.keys.length === 0) {
      this.#outcomes.push({ attempt, kind, result: { tree: emptyTree(kind, depth), payloads: new Map() } });
      return;
    }
    const payloadIds = this.#options.hooks.wantedPayloads(world, key, kind);
    this.#options.builder.build({ kind, depth, samples, payloadIds }).then(
      (result) => {
        this.#times.note(result.buildMs);
        this.#settle({ attempt, kind, result });
      },
      (error) => this.#settle({ attempt, kind, error }),
    );
  }

  #settle(outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.#options.onOutcome();
  }

  #publish(
    { world, key, version, hash, isWanted }: Running,
    kind: TreeKind,
    result: Omit<BuildResult, "buildMs">,
  ): void {
    this.#built[kind]++;
    if (!isWanted()) return;
    const { tree, payloads } = result;
    try {
      this.#options.hooks.onBuilt({ world, key, version, kind, hash, tree, payloads });
    } catch (error) {
      const fields = { world: world.id, region: key, kind, error: String(error) };
      this.#options.logger.error("build.publish_failed", fields);
    }
  }
}

function copyOf({ keys, colors, materials }: Samples): Samples {
  return { keys: keys.slice(), colors: colors.slice(), materials: materials.slice() };
}
