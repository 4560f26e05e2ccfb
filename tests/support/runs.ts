/**
 * How often a property is tried: the small count in the suite, many times that in `deno task prove`, which sets
 * VOXCAST_PROVE_FACTOR.
 */

const FACTOR_VARIABLE = "VOXCAST_PROVE_FACTOR";

/** What counts are multiplied with: 1 outside of `deno task prove`. */
export function proveFactor(): number {
  const { state } = Deno.permissions.querySync({ name: "env", variable: FACTOR_VARIABLE });
  const factor = state === "granted" ? Number(Deno.env.get(FACTOR_VARIABLE) ?? 1) : 1;
  if (!Number.isInteger(factor) || factor < 1) {
    throw new RangeError(`${FACTOR_VARIABLE} must be a whole number from 1, not ${factor}`);
  }
  return factor;
}

/** A size that cannot grow by a factor: `small` in the suite, `full` when proving. */
export function suiteOrProof<T>(small: T, full: T): T {
  return proveFactor() > 1 ? full : small;
}

/** The suite's count of runs, or its multiple when proving. */
export function runs(small: number): number {
  return small * proveFactor();
}
