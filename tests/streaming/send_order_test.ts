import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type RegionKey, regionKey } from "../../src/space/mod.ts";
import { SendOrder, URGENCIES, type Urgency } from "../../src/streaming/send_order.ts";

const key = (i: number): RegionKey => regionKey(4, i);

/** An order with regions in it, each named by its place in `urgencies`. */
function orderOf(urgencies: readonly Urgency[]): SendOrder {
  const order = new SendOrder();
  urgencies.forEach((urgency, i) => order.push(key(i), urgency));
  return order;
}

function all(order: SendOrder): number[] {
  const keys: number[] = [];
  while (!order.isEmpty) keys.push(order.shift()! - key(0));
  return keys;
}

Deno.test("what a client has nothing of comes before what has changed, and that before detail", () => {
  assertEquals(all(orderOf(["detail", "update", "first", "first", "update", "detail"])), [2, 3, 1, 4, 0, 5]);
});

Deno.test("changed regions do not starve those that wait for detail, nor the other way round", () => {
  const order = new SendOrder();
  const taken: Record<string, number> = { update: 0, detail: 0 };
  // Both lines are filled faster than they are emptied, as in a world where everything changes all the time.
  const urgencyOf = new Map<RegionKey, Urgency>();
  for (let i = 0; i < 400; i++) {
    for (const [at, urgency] of (["update", "detail"] as const).entries()) {
      urgencyOf.set(key(2 * i + at), urgency);
      order.push(key(2 * i + at), urgency);
    }
    taken[urgencyOf.get(order.shift()!)!]!++;
  }
  assertEquals(taken, { update: 300, detail: 100 });
});

Deno.test("a count of changed regions is not carried over a pause", () => {
  const order = orderOf(["update", "update", "update", "update", "update", "detail"]);
  assertEquals(all(order), [0, 1, 2, 5, 3, 4]);
  for (const urgency of ["detail", "update", "update"] as const) order.push(key(9), urgency);
  assertEquals(order.shift(), key(9));
});

Deno.test("every region that was put in comes out once for each time, in its line's order", () => {
  fc.assert(fc.property(fc.array(fc.option(fc.constantFrom(...URGENCIES)), { maxLength: 200 }), (actions) => {
    const order = new SendOrder();
    const lines: Record<Urgency, RegionKey[]> = { first: [], update: [], detail: [] };
    let pushed = 0;
    for (const urgency of actions) {
      if (urgency !== null) {
        lines[urgency].push(key(pushed));
        order.push(key(pushed++), urgency);
        continue;
      }
      const taken = order.shift();
      const heads = URGENCIES.map((name) => lines[name][0]);
      if (taken === undefined) assert(heads.every((head) => head === undefined));
      else lines[URGENCIES[heads.indexOf(taken)]!].shift();
      if (heads[0] !== undefined) assertEquals(taken, heads[0]);
      assertEquals(order.isEmpty, URGENCIES.every((name) => lines[name].length === 0));
    }
    order.clear();
    assertEquals([order.isEmpty, order.shift()], [true, undefined]);
  }));
});
