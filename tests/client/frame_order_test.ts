import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FrameOrder, type Ticket } from "../../src/client/frame_order.ts";
import { regionKey } from "../../src/space/mod.ts";

const A = regionKey(4, 1);
const B = regionKey(4, 2);

Deno.test("whatever order frames finish in, what is shown only gets newer and ends with the newest", () => {
  const arrivals = fc.array(
    fc.record({ region: fc.constantFrom(A, B), version: fc.integer({ min: 1, max: 5 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  fc.assert(fc.property(arrivals, fc.infiniteStream(fc.nat(1000)), (frames, dice) => {
    const order = new FrameOrder();
    const waiting = frames.map(({ region, version }) => order.arrived(region, version));
    const best = new Map<number, Ticket>();
    for (const ticket of waiting) {
      const known = best.get(ticket.key);
      if (known === undefined || ticket.version >= known.version) best.set(ticket.key, ticket);
    }
    const shown = new Map<number, Ticket>();
    while (waiting.length > 0) {
      const [ticket] = waiting.splice(dice.next().value % waiting.length, 1) as [Ticket];
      if (!order.accept(ticket)) continue;
      const before = shown.get(ticket.key);
      if (before !== undefined) {
        const isNewer = ticket.version > before.version;
        assertEquals(isNewer || (ticket.version === before.version && ticket.order > before.order), true);
      }
      shown.set(ticket.key, ticket);
    }
    assertEquals(shown, best);
  }));
});

Deno.test("a frame is superseded once a newer one of its own region has come in", () => {
  const order = new FrameOrder();
  const first = order.arrived(A, 1);
  order.arrived(B, 9);
  assertEquals(order.superseded(first), false);
  const older = order.arrived(A, 0);
  assertEquals([order.superseded(first), order.superseded(older)], [false, true]);
  const second = order.arrived(A, 1);
  assertEquals([order.superseded(first), order.superseded(second)], [true, false]);
});

Deno.test("after a reset lower versions are welcome, and frames from before are not", () => {
  const order = new FrameOrder();
  const shown = order.arrived(A, 7);
  const late = order.arrived(A, 8);
  assertEquals(order.accept(shown), true);
  order.reset();
  const fresh = order.arrived(A, 1);
  assertEquals([order.superseded(late), order.accept(late)], [true, false]);
  assertEquals(order.accept(fresh), true);
});
