import { assert, assertEquals } from "@std/assert";
import { UnseenRest } from "../../src/build/unseen_rest.ts";
import { key } from "./service_fixture.ts";

const PAUSE_MS = 10_000;

Deno.test("each build that nobody has seen doubles the time to the next one, up to 64 pauses", () => {
  const rest = new UnseenRest(PAUSE_MS);
  assert(rest.isDue(key(1), 0), "the first is made ahead");
  let now = 0;
  for (const factor of [1, 2, 4, 8, 16, 32, 64, 64, 64]) {
    rest.noteBuilt(key(1), now);
    assert(!rest.isDue(key(1), now + factor * PAUSE_MS - 1), `${factor} pauses`);
    now += factor * PAUSE_MS;
    assert(rest.isDue(key(1), now), `${factor} pauses`);
  }
  rest.noteSeen(key(1));
  assertEquals([rest.has(key(1)), rest.isDue(key(1), now)], [false, true]);
});

Deno.test("regions that have come to rest are forgotten, those that go on changing are not", () => {
  const rest = new UnseenRest(PAUSE_MS);
  rest.noteBuilt(key(1), 0);
  rest.noteBuilt(key(2), 0);
  const isDirty = (region: number) => region === key(2);
  rest.sweep(4 * PAUSE_MS - 1, isDirty);
  assertEquals(rest.size, 2, "a change now would still be one of many");
  rest.sweep(4 * PAUSE_MS, isDirty);
  assertEquals([rest.has(key(1)), rest.has(key(2))], [false, true]);
});
