import type { Need } from "../../tests/support/needs.ts";
import { benchWith } from "./need.ts";

/** A benchmark that measures and prints once; the runner's own table says nothing about it. */
export function once(need: Need, name: string, measure: (name: string) => Promise<string>): void {
  let isMeasured = false;
  benchWith(need, { name, n: 1, warmup: 0 }, async () => {
    if (isMeasured) return;
    isMeasured = true;
    // deno-lint-ignore no-console
    console.log(await measure(name));
  });
}

/** Whether a bound is met, in words. */
export function verdict(isMet: boolean): string {
  return isMet ? "met" : "NOT MET";
}
