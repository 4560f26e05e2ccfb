// deno-lint-ignore-file no-console -- the runner itself says nothing about benchmarks that are ignored
import type { Need } from "../../tests/support/needs.ts";

/** Registers a benchmark that runs if `need` is met; else it is ignored, and a line says why and which task grants it. */
export function benchWith(
  need: Need,
  options: Omit<Deno.BenchDefinition, "fn">,
  fn: Deno.BenchDefinition["fn"],
): void {
  if (need.ignore) console.log(`${options.name}: ignored: ${need.reason}; run deno task bench`);
  Deno.bench({ ...options, ignore: need.ignore, fn });
}
