import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { ANONYMOUS, type Principal } from "../../src/security/mod.ts";
import { type SessionEvent, type SessionState, transition } from "../../src/session/session_state.ts";
import { runs } from "../support/runs.ts";

const ALICE: Principal = { id: "user:alice", method: "jwt", role: "viewer", worlds: "all" };
const ORDER = ["accepting", "authenticating", "active", "draining", "closed"];

const principal = fc.constantFrom(ANONYMOUS, ALICE);
const event: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.record({
    type: fc.constant("opened" as const),
    principal: fc.option(principal, { nil: undefined }),
    nowMs: fc.nat(),
  }),
  fc.record({ type: fc.constant("authenticated" as const), principal, nowMs: fc.nat() }),
  fc.record({
    type: fc.constant("closing" as const),
    code: fc.constantFrom(1000, 1001, 4000, 4009),
    nowMs: fc.nat(),
  }),
  fc.record({ type: fc.constant("ended" as const), code: fc.constantFrom(1000, 1006) }),
) as fc.Arbitrary<SessionEvent>;

Deno.test("a session only ever moves forward, and never out of closed", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      let state: SessionState = { phase: "accepting", sinceMs: 0 };
      for (const next of events) {
        const before: SessionState = state;
        state = transition(before, next);
        assert(
          ORDER.indexOf(state.phase) >= ORDER.indexOf(before.phase),
          `${before.phase} -> ${state.phase}`,
        );
        if (before.phase === "closed") assertStrictEquals(state, before);
        if (before.phase === "active" && state.phase === "active") {
          assertEquals(state.principal.id, before.principal.id, "it stays the same principal");
        }
      }
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("the way of a session: accepting, authenticating, active, draining, closed", () => {
  let state: SessionState = { phase: "accepting", sinceMs: 0 };
  state = transition(state, { type: "opened", principal: undefined, nowMs: 5 });
  assertEquals(state, { phase: "authenticating", sinceMs: 5 });
  state = transition(state, { type: "authenticated", principal: ALICE, nowMs: 7 });
  assertEquals(state, { phase: "active", sinceMs: 7, principal: ALICE });
  state = transition(state, { type: "closing", code: 4000, nowMs: 9 });
  assertEquals(state, { phase: "draining", sinceMs: 9, code: 4000 });
  state = transition(state, { type: "ended", code: 1006 });
  assertEquals(state, { phase: "closed", code: 1006 });
});

Deno.test("what cannot happen gives the same state back: a second close, a credential after the end", () => {
  const draining: SessionState = { phase: "draining", sinceMs: 1, code: 4000 };
  assertStrictEquals(transition(draining, { type: "closing", code: 1001, nowMs: 2 }), draining);
  assertStrictEquals(transition(draining, { type: "authenticated", principal: ALICE, nowMs: 2 }), draining);
  assertStrictEquals(transition(draining, { type: "opened", principal: ALICE, nowMs: 2 }), draining);
  const active: SessionState = { phase: "active", sinceMs: 1, principal: ALICE };
  assertStrictEquals(transition(active, { type: "authenticated", principal: ANONYMOUS, nowMs: 2 }), active);
  assertStrictEquals(transition(active, { type: "opened", principal: ALICE, nowMs: 2 }), active);
});

Deno.test("a newer credential of the same principal takes the place of the old one", () => {
  const active: SessionState = { phase: "active", sinceMs: 1, principal: { ...ALICE, expiresAtMs: 10 } };
  const refreshed = transition(active, {
    type: "authenticated",
    principal: { ...ALICE, expiresAtMs: 20 },
    nowMs: 5,
  });
  assertEquals(refreshed, { phase: "active", sinceMs: 1, principal: { ...ALICE, expiresAtMs: 20 } });
});
