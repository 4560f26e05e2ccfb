/**
 * Ratios between a base line and the product, measured in turn in one run, so that what the machine does meanwhile hits
 * both. Absolute times differ from machine to machine; a ratio of medians travels.
 */

export interface RatioOptions {
  readonly name: string;
  /** The work that sets the scale; may return a promise. */
  readonly base: () => unknown;
  /** The work under measurement. */
  readonly product: () => unknown;
  /** Measured pairs (default 9); one unmeasured pair warms up before. */
  readonly rounds?: number;
  /** The most that the ratio may be, for the printed verdict. */
  readonly atMost?: number;
  /** Runs before each measured call, outside the measured time. */
  readonly prepare?: () => unknown;
  /** Tells the time in ms; for tests, which are not timed. */
  readonly now?: () => number;
}

export interface Ratio {
  readonly name: string;
  /** Median product time over median base time. */
  readonly ratio: number;
  readonly baseMs: number;
  readonly productMs: number;
  readonly rounds: number;
}

/** Runs base and product in turn, swapping who goes first each round, and compares their medians. */
export async function compareRatio(options: RatioOptions): Promise<Ratio> {
  const rounds = options.rounds ?? 9;
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`Rounds must be a whole number from 1, got ${rounds}`);
  }
  const baseTimes: number[] = [];
  const productTimes: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const order = round % 2 === 0 ? ["base", "product"] as const : ["product", "base"] as const;
    for (const which of order) {
      await options.prepare?.();
      const ms = await timeMs(options[which], options.now);
      if (round >= 0) (which === "base" ? baseTimes : productTimes).push(ms);
    }
  }
  const baseMs = median(baseTimes);
  const productMs = median(productTimes);
  return { name: options.name, ratio: productMs / baseMs, baseMs, productMs, rounds };
}

/** One line for people: `name: ratio 0.52 (at most 0.60: met), base 12.3 ms, product 6.4 ms, medians of 9`. */
export function formatRatio(result: Ratio, atMost?: number): string {
  const verdict = atMost === undefined
    ? ""
    : ` (at most ${atMost.toFixed(2)}: ${result.ratio <= atMost ? "met" : "NOT MET"})`;
  return `${result.name}: ratio ${result.ratio.toFixed(3)}${verdict}, base ${result.baseMs.toFixed(3)} ms, ` +
    `product ${result.productMs.toFixed(3)} ms, medians of ${result.rounds}`;
}

/**
 * Registers a benchmark for `deno bench` that first measures and prints the ratio line, which the runner itself cannot
 * give, and then lets the runner time the product alone for its table.
 */
export function ratioBench(options: RatioOptions): void {
  let compared = false;
  Deno.bench({
    name: `${options.name}: product`,
    group: options.name,
    n: 3,
    warmup: 0,
    fn: async (bench) => {
      if (!compared) {
        compared = true;
        const line = formatRatio(await compareRatio(options), options.atMost);
        // deno-lint-ignore no-console
        console.log(line);
      }
      await options.prepare?.();
      bench.start();
      const result = options.product();
      if (result instanceof Promise) await result;
      bench.end();
    },
  });
}

/** Middle value; the mean of the two middle ones for an even count. Throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take the median of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

async function timeMs(
  work: () => unknown,
  now: () => number = () => performance.now(),
): Promise<number> {
  const start = now();
  const result = work();
  // Awaiting a plain value would add a turn of the event loop to synchronous work.
  if (result instanceof Promise) await result;
  return now() - start;
}
