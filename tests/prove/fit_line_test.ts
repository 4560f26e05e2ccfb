import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import { fitLine } from "./fit_line.ts";

Deno.test("a line through samples of a line is that line, without error", () => {
  const { slope, error, spread } = fitLine([1, 2, 5], [3, 5, 11]);
  assertAlmostEquals(slope, 2);
  assertAlmostEquals(error, 0, 1e-9);
  assertAlmostEquals(spread, 0, 1e-9);
});

Deno.test("the band of a slope holds the true one of noisy samples, and is as wide as the noise makes it", () => {
  const xs = Array.from({ length: 50 }, (_, i) => i);
  const noisy = (size: number) => fitLine(xs, xs.map((x) => 3 * x + size * (x % 2 === 0 ? 1 : -1)));
  const [little, much] = [noisy(1), noisy(10)];
  assert(Math.abs(much.slope - 3) <= much.error);
  assertAlmostEquals(much.error / little.error, 10, 0.01);
  assertThrows(() => fitLine([1, 2], [1, 2]), RangeError);
});
