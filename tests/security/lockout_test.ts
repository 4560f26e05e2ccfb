import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Lockout, type LockoutRule } from "../../src/security/lockout.ts";
import { runs } from "../support/runs.ts";

const A = "192.0.2.1";
const LOCKOUT_MS = 60_000;

function lockout(rule: Partial<LockoutRule> = {}): Lockout {
  return new Lockout({ maxFailures: 3, lockoutMs: LOCKOUT_MS, maxKeys: 100, ...rule });
}

Deno.test("the third failure locks an address for a minute, others are not touched", () => {
  const all = lockout();
  assertEquals([0, 1].map((ms) => all.fail(A, ms)), [false, false]);
  assertEquals([all.leftMs(A, 2), all.attemptsLeft(A, 2)], [0, 1]);
  assertEquals(all.fail(A, 2), true);
  assertEquals([all.leftMs(A, 2), all.attemptsLeft(A, 2)], [LOCKOUT_MS, 0]);
  assertEquals(all.leftMs("192.0.2.2", 2), 0);
  assertEquals(all.leftMs(A, LOCKOUT_MS + 1), 1);
  assertEquals([all.leftMs(A, LOCKOUT_MS + 2), all.attemptsLeft(A, LOCKOUT_MS + 2)], [0, 3]);
});

Deno.test("failures while locked neither lengthen the lock nor count as another", () => {
  const all = lockout();
  for (const ms of [0, 0, 0]) all.fail(A, ms);
  assertEquals(all.fail(A, 50_000), false);
  assertEquals(all.leftMs(A, 50_000), 10_000);
});

Deno.test("failures are forgotten after a minute without another", () => {
  const all = lockout();
  all.fail(A, 0);
  all.fail(A, 59_999);
  assertEquals(all.attemptsLeft(A, 119_998), 1);
  assertEquals(all.attemptsLeft(A, 119_999), 3);
  assertEquals(all.fail(A, 119_999), false);
});

Deno.test("a whole IPv6 /64 is locked together, and IPv4 in both its forms", () => {
  const all = lockout();
  for (const last of [1, 2, 3]) all.fail(`2001:db8:1:2::${last}`, 0);
  assert(all.leftMs("2001:db8:1:2:ffff::9", 0) > 0);
  assertEquals(all.leftMs("2001:db8:1:3::1", 0), 0);
  for (const address of [A, `::ffff:${A}`, A]) all.fail(address, 0);
  assert(all.leftMs(`::ffff:${A}`, 0) > 0);
});

Deno.test("memory is bounded: the address whose failure is longest ago goes; a sweep empties it", () => {
  const all = lockout({ maxKeys: 10 });
  for (let i = 0; i < 1000; i++) all.fail(`10.0.${i >> 8}.${i & 255}`, i);
  assertEquals(all.size, 10);
  assertEquals([all.attemptsLeft("10.0.3.231", 1000), all.attemptsLeft("10.0.0.0", 1000)], [2, 3]);
  all.sweep(1000 + LOCKOUT_MS);
  assertEquals(all.size, 0);
});

Deno.test("property: it never locks before the third failure within the time, and always at it", () => {
  const step = fc.record({ waitMs: fc.nat(40_000), who: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const all = lockout();
      const model = new Map<string, { count: number; lastMs: number }>();
      let nowMs = 0;
      for (const { waitMs, who } of steps) {
        nowMs += waitMs;
        const address = `192.0.2.${who}`;
        const known = model.get(address);
        const current = known !== undefined && nowMs - known.lastMs < LOCKOUT_MS
          ? known
          : { count: 0, lastMs: nowMs };
        assertEquals(all.leftMs(address, nowMs) > 0, current.count >= 3);
        if (current.count < 3) model.set(address, { count: current.count + 1, lastMs: nowMs });
        assertEquals(all.fail(address, nowMs), current.count === 2);
      }
    }),
    { numRuns: runs(200) },
  );
});
