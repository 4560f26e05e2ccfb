import { assert, assertEquals } from "@std/assert";
import { closingLooks, peakMiB } from "./attack_bound.ts";

Deno.test("attackers are ended 1, 4, 16 at a time, and half of those left at most", () => {
  assertEquals([1, 2, 8, 32, 128].map(closingLooks), [1, 2, 2, 3, 4]);
});

Deno.test("the bound of an attack follows from the limit, what a turn reads, and how many have to go", () => {
  assertEquals(peakMiB(1, 128), 64 + 128 * (1 + 4 + 1) + 96);
  assertEquals(peakMiB(32, 128), 64 + 256 * (1 + 2 + 3) + 96);
  assert(peakMiB(32, 128) < 2048, "less than what is thrown, else it says nothing");
});
