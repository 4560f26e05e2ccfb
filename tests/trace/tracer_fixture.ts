import { type Logger, seededRandom, silentLogger } from "../../src/observe/mod.ts";
import { Tracer, type TraceSettings } from "../../src/trace/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { waitFor } from "../support/wait_for.ts";

export const SETTINGS: TraceSettings = {
  backend: "cpu",
  poolSize: 2,
  maxPicturePixels: 1_000_000,
  maxWaitingPictures: 2,
  maxWaitingPicks: 3,
  maxSceneBytes: 2 ** 24,
  tileTimeoutMs: 10_000,
  maxHangs: 2,
  maxFailures: 2,
  pauseMs: 1000,
  maxPauseMs: 60_000,
};

/** A tracer, and what came of it. */
export interface TestTracer extends AsyncDisposable {
  readonly tracer: Tracer;
  readonly clock: ManualClock;
  readonly lines: string[];
  readonly told: string[];
  /** Moves time on in small steps until a promise is settled: copying regions takes turns. */
  settled<T>(promise: Promise<T>): Promise<T>;
}

/** @param workers names of entries in tests/trace/workers in place of the real ones */
export function createTracer(
  settings: Partial<TraceSettings> = {},
  workers: { readonly cpu?: string; readonly gpu?: string } = {},
): TestTracer {
  const clock = new ManualClock();
  const lines: string[] = [];
  const told: string[] = [];
  const note = (level: string) => (event: string, fields: object = {}) =>
    void lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
  const logger: Logger = { ...silentLogger, info: note("info"), warn: note("warn"), error: note("error") };
  const urls = Object.fromEntries(
    Object.entries(workers).map(([kind, name]) => [kind, new URL(`./workers/${name}.ts`, import.meta.url)]),
  );
  const tracer = new Tracer({
    settings: { ...SETTINGS, ...settings },
    clock,
    random: seededRandom(1),
    logger,
    hooks: {
      onPicture: (backend, rays) => told.push(`${backend} ${rays}`),
      onPick: () => told.push("pick"),
    },
    workerUrls: urls,
  });
  return {
    tracer,
    clock,
    lines,
    told,
    async settled<T>(promise: Promise<T>): Promise<T> {
      let isSettled = false;
      promise.then(() => isSettled = true, () => isSettled = true);
      await waitFor(async () => {
        await clock.advanceAsync(0);
        return isSettled;
      }, { what: "the tracer" });
      return await promise;
    },
    [Symbol.asyncDispose]: () => tracer.close(),
  };
}
