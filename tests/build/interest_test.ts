import { assert, assertEquals } from "@std/assert";
import { urgencyOf } from "../../src/build/interest.ts";

Deno.test("what nobody sees is less urgent than what anybody sees, however small", () => {
  assertEquals(urgencyOf({ seen: 0, size: 0 }), 0);
  for (const size of [0, 1e-30, 0.01, 1, 1e30]) assert(urgencyOf({ seen: 1, size }) > 0, `${size}`);
});

Deno.test("twice as many clients count as much as one that is twice as near, and near equals are equal", () => {
  const one = urgencyOf({ seen: 1, size: 0.5 });
  assertEquals(urgencyOf({ seen: 2, size: 1 }), one + 1);
  assertEquals(urgencyOf({ seen: 1, size: 1 }), one + 1);
  assertEquals(urgencyOf({ seen: 1, size: 0.55 }), one);
});

Deno.test("urgency is a whole number that never falls as the size grows", () => {
  let last = 0;
  for (let size = 1e-6; size < 1e6; size *= 1.1) {
    const urgency = urgencyOf({ seen: 1, size });
    assert(Number.isInteger(urgency) && urgency >= last);
    last = urgency;
  }
  assert(last <= 31);
});
