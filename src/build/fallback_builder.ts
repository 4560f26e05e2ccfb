import type { CircuitBreaker } from "../gpu/mod.ts";
import type { Logger } from "../observe/mod.ts";
import type { Builder, BuildJob, BuildResult } from "./builder.ts";
import { ReturnedJobError } from "./returned_job_error.ts";

/** A builder that may have to be given up. */
export interface FirstBuilder extends Builder {
  /** False once it has been given up for good. */
  readonly isUsable: boolean;
}

/** Options of {@linkcode FallbackBuilder}. */
export interface FallbackBuilderOptions {
  /** Builds as long as it can. Whoever hears of its batches tells the breaker. */
  readonly first: FirstBuilder;
  /** Builds everything else. */
  readonly second: Builder;
  readonly breaker: CircuitBreaker;
  readonly logger: Logger;
}

/**
 * Two builders as one: the second builds while the first one's breaker is open, and what the first one hands back. A job
 * that went down with the first is rejected, as its samples went as well; whoever asked builds it again from the world.
 */
export class FallbackBuilder implements Builder {
  readonly #options: FallbackBuilderOptions;
  #fallbackBuilds = 0;
  #hasToldEnd = false;

  constructor(options: FallbackBuilderOptions) {
    this.#options = options;
  }

  /** The one that builds now. */
  get name(): string {
    return this.#current.name;
  }

  get slots(): number {
    return this.#current.slots;
  }

  /** Jobs that the second builder was given. */
  get fallbackBuilds(): number {
    return this.#fallbackBuilds;
  }

  async build(job: BuildJob): Promise<BuildResult> {
    const { first, breaker } = this.#options;
    if (!first.isUsable || !breaker.admit()) return await this.#fallBack(job);
    const isTrial = breaker.state.name === "half-open";
    try {
      const result = await first.build(job);
      if (isTrial) breaker.succeed();
      return result;
    } catch (error) {
      // A wrong job says nothing about the builder, but a trial must come to an end.
      if (isTrial && breaker.state.name === "half-open") {
        if (error instanceof RangeError) breaker.succeed();
        else breaker.fail();
      }
      if (error instanceof ReturnedJobError) return await this.#fallBack(error.job);
      throw error;
    }
  }

  /** Ends both. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { first, second } = this.#options;
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  }

  get #current(): Builder {
    const { first, second, breaker } = this.#options;
    return first.isUsable && breaker.state.name === "closed" ? first : second;
  }

  #fallBack(job: BuildJob): Promise<BuildResult> {
    const { first, second, logger } = this.#options;
    if (!first.isUsable && !this.#hasToldEnd) {
      this.#hasToldEnd = true;
      logger.error("build.given_up", { builder: first.name, instead: second.name });
    }
    this.#fallbackBuilds++;
    return second.build(job);
  }
}
