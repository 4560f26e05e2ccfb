import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { seededRandom } from "../../src/observe/mod.ts";
import { SessionTokens } from "../../src/security/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { runs } from "../support/runs.ts";

const TTL_MS = 3_600_000;
const ALICE = { id: "user:alice" };
const BOB = { id: "user:bob" };

function tokens(seed: number = 1): { readonly all: SessionTokens; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return { all: new SessionTokens({ ttlMs: TTL_MS, clock, random: seededRandom(seed) }), clock };
}

Deno.test("a session token gives back its session to its principal, until it ends", () => {
  const { all, clock } = tokens();
  const { token, expiresAtMs } = all.issue("s1", ALICE);
  assertEquals(expiresAtMs, clock.now() + TTL_MS);
  clock.advance(TTL_MS - 1);
  assertEquals(all.read(token, ALICE), "s1");
  clock.advance(1);
  assertEquals(all.read(token, ALICE), undefined);
});

Deno.test("somebody else's session token is worth nothing, and one of another process is none", () => {
  const { all } = tokens();
  const { token } = all.issue("s1", ALICE);
  assertEquals(all.read(token, BOB), undefined);
  assertEquals(tokens(2).all.read(token, ALICE), undefined);
});

Deno.test("a token with another session, a later end or a cut signature is none; nor is any other text", () => {
  const { all } = tokens();
  const { token, expiresAtMs } = all.issue("s1", ALICE);
  const [, end, signature] = token.split(".");
  const wrong = [
    `s2.${end}.${signature}`,
    `s1.${expiresAtMs + 1}.${signature}`,
    token.slice(0, -1),
    `${token}0`,
    `s1.${end}.${"0".repeat(64)}`,
    "",
    "..",
    "x".repeat(10_000),
  ];
  for (const text of wrong) assertEquals(all.read(text, ALICE), undefined, text.slice(0, 80));
});

Deno.test("property: a token is read by whom it was issued to, and by nobody else, whatever the names", () => {
  const { all } = tokens();
  const name = fc.string({ minLength: 1, maxLength: 30 });
  const session = fc.stringMatching(/^[\w-]{1,20}$/);
  fc.assert(
    fc.property(session, name, name, fc.string(), (sessionId, mine, other, text) => {
      const { token } = all.issue(sessionId, { id: mine });
      assertEquals(all.read(token, { id: mine }), sessionId);
      if (other !== mine) assertEquals(all.read(token, { id: other }), undefined);
      if (text !== token) assertEquals(all.read(text, { id: mine }), undefined);
      if (`${sessionId}x` !== mine) assertNotEquals(all.issue(`${sessionId}x`, { id: mine }).token, token);
    }),
    { numRuns: runs(200) },
  );
});
