import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Violations } from "../../src/security/mod.ts";
import { runs } from "../support/runs.ts";

const RULE = { maxViolations: 4, banMs: 60_000, maxKeys: 100 };

Deno.test("the first violation is warned about, later ones are refused, and enough of them bring a ban", () => {
  const violations = new Violations(RULE);
  const verdicts = [0, 1000, 2000, 3000].map((nowMs) => violations.record("key:a", nowMs));
  assertEquals(verdicts, ["warn", "refuse", "refuse", "ban"]);
  assertEquals(violations.banLeftMs("key:a", 3000), 60_000);
  assertEquals(violations.banLeftMs("key:a", 62_999), 1);
  assertEquals(violations.banLeftMs("key:a", 63_000), 0);
  assertEquals(violations.banLeftMs("key:b", 3000), 0);
  assertEquals([violations.counted, violations.bans], [4, 1]);
});

Deno.test("at most one violation a second is counted and answered", () => {
  const violations = new Violations(RULE);
  assertEquals(violations.record("a", 0), "warn");
  for (let nowMs = 0; nowMs < 1000; nowMs++) assertEquals(violations.record("a", nowMs), "quiet");
  assertEquals(violations.record("b", 500), "warn");
  assertEquals(violations.record("a", 1000), "refuse");
  assertEquals(violations.counted, 3);
});

Deno.test("nothing is counted while a ban runs, and it begins afresh after", () => {
  const violations = new Violations({ ...RULE, maxViolations: 1 });
  assertEquals(violations.record("a", 0), "ban");
  assertEquals(violations.record("a", 59_999), "quiet");
  assertEquals(violations.banLeftMs("a", 59_999), 1);
  assertEquals(violations.record("a", 60_000), "ban");
  const patient = new Violations(RULE);
  for (const nowMs of [0, 1000, 2000, 3000]) patient.record("a", nowMs);
  assertEquals(patient.record("a", 63_000), "warn");
});

Deno.test("a ban time without a violation forgets the earlier ones", () => {
  const violations = new Violations(RULE);
  violations.record("a", 0);
  assertEquals(violations.record("a", 59_999), "refuse");
  assertEquals(violations.record("a", 119_999), "warn");
});

Deno.test("a sweep forgets what no longer counts, and never a ban that runs", () => {
  const violations = new Violations(RULE);
  for (const nowMs of [0, 1000, 2000, 3000]) violations.record("banned", nowMs);
  violations.record("warned", 0);
  violations.sweep(59_999);
  assertEquals(violations.size, 2);
  violations.sweep(60_000);
  assertEquals(violations.size, 1);
  assert(violations.banLeftMs("banned", 60_000) > 0);
  violations.sweep(63_000);
  assertEquals(violations.size, 0);
});

Deno.test("strangers push out neither more than the bound nor a ban that runs", () => {
  const violations = new Violations(RULE);
  for (const nowMs of [0, 1000, 2000, 3000]) violations.record("banned", nowMs);
  for (let i = 0; i < runs(20_000); i++) violations.record(`stranger ${i}`, 3000 + i / 1000);
  assertEquals(violations.size, 100);
  assert(violations.banLeftMs("banned", 4000) > 0);
});

Deno.test("property: a ban comes with exactly the maxViolations-th counted violation", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), gaps, (maxViolations, gaps) => {
      const violations = new Violations({ maxViolations, banMs: 20_000, maxKeys: 10 });
      let nowMs = 0;
      let counted = 0;
      for (const gap of gaps) {
        nowMs += gap;
        const isBanned = violations.banLeftMs("a", nowMs) > 0;
        const verdict = violations.record("a", nowMs);
        if (isBanned) assertEquals(verdict, "quiet");
        if (verdict === "warn") counted = 0;
        if (verdict !== "quiet") counted++;
        if (verdict === "ban") {
          assertEquals(counted, maxViolations);
          counted = 0;
        } else assert(counted < maxViolations);
      }
    }),
    { numRuns: runs(200) },
  );
});

Deno.test("each ban is told once, with who it is", () => {
  const banned: string[] = [];
  const violations = new Violations({
    maxViolations: 2,
    banMs: 10_000,
    maxKeys: 10,
    onBan: (identity) => banned.push(identity),
  });
  for (let second = 0; second < 5; second++) violations.record("user:mallory", second * 1000);
  violations.record("user:alice", 0);
  assertEquals(banned, ["user:mallory"]);
});
