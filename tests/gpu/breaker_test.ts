import { assert, assertEquals } from "@std/assert";
import { type BreakerState, CircuitBreaker } from "../../src/gpu/breaker.ts";
import { ManualClock } from "../support/manual_clock.ts";

const OPTIONS = { maxFailures: 3, openMs: 60_000, maxOpenMs: 900_000 };

function breakerOf(options: Partial<typeof OPTIONS> & { random?: () => number } = {}) {
  const clock = new ManualClock();
  const changes: BreakerState["name"][] = [];
  const breaker = new CircuitBreaker({
    ...OPTIONS,
    random: () => 1,
    clock,
    onChange: (state) => changes.push(state.name),
    ...options,
  });
  return { breaker, clock, changes };
}

Deno.test("the third failure in a row opens the breaker, and a success in between counts anew", () => {
  const { breaker, changes } = breakerOf();
  breaker.fail();
  breaker.fail();
  breaker.succeed();
  breaker.fail();
  breaker.fail();
  assert(breaker.admit());
  assertEquals([breaker.state, changes], [{ name: "closed", failures: 2 }, []]);
  breaker.fail();
  assert(!breaker.admit());
  assertEquals([breaker.state, changes], [{ name: "open", untilMs: 60_000, openings: 1 }, ["open"]]);
});

Deno.test("an open breaker lets one trial through after its pause, not before, and no second", () => {
  const { breaker, clock } = breakerOf({ maxFailures: 1 });
  breaker.fail();
  clock.advance(59_999);
  assert(!breaker.admit());
  clock.advance(1);
  assert(breaker.admit());
  assertEquals(breaker.state.name, "half-open");
  assert(!breaker.admit());
});

Deno.test("a trial that succeeds closes the breaker, and the next pause is the first again", () => {
  const { breaker, clock, changes } = breakerOf({ maxFailures: 1 });
  breaker.fail();
  clock.advance(60_000);
  breaker.admit();
  breaker.succeed();
  assertEquals(breaker.state, { name: "closed", failures: 0 });
  breaker.fail();
  assertEquals(breaker.state, { name: "open", untilMs: 120_000, openings: 1 });
  assertEquals(changes, ["open", "half-open", "closed", "open"]);
});

Deno.test("each trial that fails doubles the longest pause up to the most, of which a random part is taken", () => {
  for (
    const [part, expected] of [[1, [60, 120, 240, 480, 900, 900]], [0, [60, 60, 60, 60, 60, 60]]] as const
  ) {
    const { breaker, clock } = breakerOf({ random: () => part });
    for (let i = 0; i < 3; i++) breaker.fail();
    const pauses = expected.map(() => {
      assert(breaker.state.name === "open");
      const pauseMs = breaker.state.untilMs - clock.monotonic();
      clock.advance(pauseMs);
      assert(breaker.admit());
      breaker.fail();
      return pauseMs / 1000;
    });
    assertEquals(pauses, [...expected]);
  }
});

Deno.test("what was under way when it opened neither closes it nor makes the pause longer", () => {
  const { breaker, clock } = breakerOf({ maxFailures: 1 });
  breaker.fail();
  clock.advance(30_000);
  breaker.fail();
  breaker.succeed();
  assertEquals(breaker.state, { name: "open", untilMs: 60_000, openings: 1 });
});

Deno.test("a trial that told nothing makes room for another one, with the pause of before", () => {
  const { breaker, clock, changes } = breakerOf({ maxFailures: 1 });
  breaker.release();
  assertEquals(breaker.state.name, "closed", "there is no trial");
  breaker.fail();
  breaker.release();
  assert(!breaker.admit(), "nor one here");
  clock.advance(60_000);
  breaker.admit();
  breaker.release();
  assert(breaker.admit());
  breaker.fail();
  assertEquals(breaker.state, { name: "open", untilMs: 180_000, openings: 2 });
  assertEquals(changes, ["open", "half-open", "open", "half-open", "open"]);
});
