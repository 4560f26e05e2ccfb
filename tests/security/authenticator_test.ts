import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ConfigError } from "../../src/config/mod.ts";
import type { VoxcastError } from "../../src/protocol/mod.ts";
import { ANONYMOUS, AUTH_FAILURE_REASONS, keySubprotocol } from "../../src/security/mod.ts";
import { runs } from "../support/runs.ts";
import {
  authFixture,
  bearer,
  JWT_SECRET,
  KEY,
  PEER,
  request,
  signedToken,
  SOCKET,
  TOKENS,
  upgrade,
} from "./auth_fixture.ts";

const HERE = { address: "127.0.0.1" };

function tokenUntil(expiresAtMs: number): Promise<string> {
  return signedToken({ ttlSec: expiresAtMs / 1000 });
}

Deno.test("three wrong credentials lock an address out for a minute, for right ones too", async () => {
  using fixture = await authFixture();
  const { auth, clock } = fixture;
  for (const left of [2, 1, 0]) {
    assertEquals(await fixture.codeOfRequest(bearer("wrong")), "UNAUTHORIZED");
    assertEquals(auth.attemptsLeft(PEER.address), left);
  }
  clock.advance(1000);
  const error = await assertRejects(() => auth.ofRequest(bearer(KEY), PEER)) as VoxcastError;
  assertEquals([error.code, error.retryAfterMs], ["LOCKED_OUT", 59_000]);
  assertEquals(await fixture.codeOfMessage({ kind: "api-key", apiKey: KEY }), "LOCKED_OUT");
  assertEquals(await fixture.codeOfRequest(bearer(KEY), { address: "192.0.2.8" }), "admitted");
  clock.advance(59_000);
  assertEquals(await fixture.codeOfRequest(bearer(KEY)), "admitted");
  assertEquals(auth.stats.lockouts, 1);
  assertEquals(fixture.failures, { "wrong-key": 3, "locked-out": 2 });
});

Deno.test("who is locked out and shows nothing is answered as everybody who shows nothing", async () => {
  using fixture = await authFixture({ apiKey: KEY, maxAuthFailures: 1 });
  await fixture.codeOfRequest(bearer("wrong"));
  assertEquals(await fixture.auth.ofRequest(request({}), PEER), undefined);
});

Deno.test("requests, upgrades and messages of one address count together, whatever is wrong with them", async () => {
  using fixture = await authFixture({ apiKey: KEY, ...TOKENS });
  await fixture.codeOfRequest(bearer("wrong"));
  await fixture.codeOfRequest(upgrade(["voxcast.ticket.nothing"]), SOCKET);
  await fixture.codeOfMessage({ kind: "token", token: "a.b.c" });
  assertEquals(await fixture.codeOfRequest(bearer(KEY)), "LOCKED_OUT");
});

Deno.test("a right credential between wrong ones forgets none of them", async () => {
  using fixture = await authFixture();
  for (const key of ["wrong", KEY, "wrong", KEY]) await fixture.codeOfRequest(bearer(key));
  assertEquals(fixture.auth.attemptsLeft(PEER.address), 1);
});

Deno.test("an expired credential is no guess: it says so and locks nobody out", async () => {
  using fixture = await authFixture(TOKENS);
  const token = await tokenUntil(fixture.clock.now() - 60_000);
  for (let i = 0; i < 5; i++) {
    assertEquals(await fixture.codeOfRequest(bearer(token)), "AUTH_EXPIRED");
  }
  assertEquals(fixture.auth.attemptsLeft(PEER.address), 3);
});

Deno.test("of credentials that are checked at once only so many are wrong, then the address is locked out", async () => {
  using fixture = await authFixture(TOKENS);
  const { auth, clock } = fixture;
  const right = await tokenUntil(clock.now() + 60_000);
  const wrong = `${right.slice(0, -6)}AAAAAA`;
  // All are let in to be checked before the first is found wrong.
  const codes = await Promise.all(
    [wrong, wrong, wrong, wrong, right].map((token) => fixture.codeOfRequest(bearer(token))),
  );
  // Signatures are checked at once and end in any order; the wrong ones are three and one whatever it is.
  assertEquals(codes.slice(0, 4).sort(), ["LOCKED_OUT", "UNAUTHORIZED", "UNAUTHORIZED", "UNAUTHORIZED"]);
  assertEquals(await fixture.codeOfRequest(bearer(right)), "LOCKED_OUT");
  assertEquals(auth.stats.lockouts, 1);
});

Deno.test("a right credential whose check ends during a lock-out opens nothing", async () => {
  using fixture = await authFixture(TOKENS);
  const { auth, clock } = fixture;
  const right = await tokenUntil(clock.now() + 60_000);
  // It is let in to be checked; the others are keys, which are refused before any turn of the event loop.
  const codes = [fixture.codeOfRequest(bearer(right))];
  for (let i = 0; i < 3; i++) codes.push(fixture.codeOfMessage({ kind: "api-key", apiKey: "wrong" }));
  assertEquals(await Promise.all(codes), ["LOCKED_OUT", "UNAUTHORIZED", "UNAUTHORIZED", "UNAUTHORIZED"]);
  assertEquals(auth.stats.successes, 0);
});

Deno.test("more than one credential in a request is refused, whatever they are worth", async () => {
  using fixture = await authFixture({ apiKey: KEY, maxAuthFailures: 1000 });
  const { ticket } = fixture.auth.issueTicket(ANONYMOUS, {});
  const both = upgrade([keySubprotocol(KEY), keySubprotocol(KEY)]);
  const mixed = upgrade([keySubprotocol(KEY)], `/ws/render?ticket=${ticket}`);
  const header = upgrade([keySubprotocol(KEY)]);
  header.headers.set("authorization", `Bearer ${KEY}`);
  for (const shown of [both, mixed, header]) {
    assertEquals(await fixture.codeOfRequest(shown, SOCKET), "UNAUTHORIZED");
  }
  assertEquals(fixture.failures, { several: 3 });
});

Deno.test("without any credential everybody on the machine is anonymous, and nobody from elsewhere is anybody", async () => {
  using fixture = await authFixture({});
  const { auth } = fixture;
  assert(auth.isOpen);
  assertEquals(await auth.ofRequest(request({}), HERE), ANONYMOUS);
  assertEquals(await auth.ofRequest(request({}), { address: "::1" }), ANONYMOUS);
  assertEquals(await auth.ofRequest(bearer("whatever"), HERE), ANONYMOUS);
  assertEquals(await auth.ofMessage({ kind: "api-key", apiKey: "whatever" }, HERE), ANONYMOUS);
  assertEquals(await auth.ofRequest(request({}), PEER), undefined);
  assertEquals(await fixture.codeOfMessage({ kind: "api-key", apiKey: "whatever" }), "UNAUTHORIZED");
  using closed = await authFixture({ apiKey: KEY });
  assertEquals([closed.auth.isOpen, await closed.auth.ofRequest(request({}), HERE)], [false, undefined]);
});

Deno.test("statistics know every reason from the start", async () => {
  using fixture = await authFixture();
  assertEquals(Object.keys(fixture.auth.stats.failures), [...AUTH_FAILURE_REASONS]);
  assertEquals([fixture.auth.stats.successes, fixture.auth.stats.lockouts], [0, 0]);
});

Deno.test("memory of tickets, signatures and failures is swept, and a timer runs only while there is any", async () => {
  using fixture = await authFixture();
  const { auth, clock } = fixture;
  assertEquals(clock.pending, 0);
  auth.issueTicket(ANONYMOUS, {});
  await fixture.codeOfRequest(bearer("wrong"));
  assertEquals(clock.pending, 1);
  clock.advance(70_000);
  assertEquals(clock.pending, 0);
  auth.issueTicket(ANONYMOUS, {});
  auth[Symbol.dispose]();
  assertEquals(clock.pending, 0);
});

Deno.test("failures are logged by reason and address, as many as lock out, and no more", async () => {
  using fixture = await authFixture();
  for (let i = 0; i < 20; i++) await fixture.codeOfRequest(bearer("wrong"));
  assertEquals(fixture.lines.map((line) => line.split(" ").slice(3).join(" ")), [
    "auth.failed reason=wrong-key address=192.0.2.7",
    "auth.failed reason=wrong-key address=192.0.2.7",
    "auth.failed reason=wrong-key address=192.0.2.7",
    "auth.locked_out address=192.0.2.7 seconds=60",
  ]);
});

Deno.test("requireAuth without a credential, tokens without issuer or audience: refused at start", async () => {
  for (
    const [security, key] of [
      [{ requireAuth: true }, "security.requireAuth"],
      [{ jwtSecret: JWT_SECRET, jwtAudience: "a" }, "security.jwtIssuer"],
      [{ jwtSecret: JWT_SECRET, jwtIssuer: "i" }, "security.jwtAudience"],
      [{ apiKey: KEY, trustProxy: ["10.0.0.0/8", "999.1.1.1"] }, "security.trustProxy"],
      [{ apiKey: "sha256:abc" }, "security.apiKey"],
      [{ apiKeys: [KEY, `sha256:${"g".repeat(64)}`] }, "security.apiKeys"],
      [{ apiKey: KEY, apiKeys: [KEY] }, "security.keysFile"],
    ] as const
  ) {
    const error = await assertRejects(() => authFixture(security), ConfigError);
    assertEquals(error.problems.map((problem) => problem.key), [key]);
    assert(!error.message.includes(KEY));
  }
});

Deno.test("property: any mix of right and wrong attempts is served while fewer than three of the last minute were wrong", async () => {
  const step = fc.record({ isRight: fc.boolean(), waitMs: fc.nat(30_000) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      using fixture = await authFixture();
      const wrongMs: number[] = [];
      for (const { isRight, waitMs } of steps) {
        fixture.clock.advance(waitMs);
        const nowMs = fixture.clock.monotonic();
        if (wrongMs.length > 0 && nowMs - wrongMs.at(-1)! >= 60_000) wrongMs.length = 0;
        const expected = wrongMs.length >= 3 ? "LOCKED_OUT" : isRight ? "admitted" : "UNAUTHORIZED";
        assertEquals(await fixture.codeOfRequest(bearer(isRight ? KEY : "wrong")), expected);
        if (expected === "UNAUTHORIZED") wrongMs.push(nowMs);
      }
    }),
    { numRuns: runs(50) },
  );
});

Deno.test("property: no header and no address makes authentication fail in another way than by refusing", async () => {
  using fixture = await authFixture({ apiKey: KEY, ...TOKENS, maxAuthFailures: 1000, allowQueryToken: true });
  const text = fc.stringMatching(/^[\x20-\x7e]{0,80}$/);
  const prefix = fc.constantFrom("", "voxcast.key.", "voxcast.token.", "voxcast.ticket.", "voxcast.signed.");
  const scheme = fc.constantFrom("", "Bearer ", "Voxcast ", "Bearer", "Basic ");
  await fc.assert(
    fc.asyncProperty(scheme, text, prefix, text, text, async (scheme, value, prefix, protocol, query) => {
      const shown = new Request(`http://127.0.0.1/ws/render?${encodeURI(query)}`, {
        headers: {
          upgrade: "websocket",
          authorization: scheme + value,
          "sec-websocket-protocol": prefix + protocol,
        },
      });
      const code = await fixture.codeOfRequest(shown, SOCKET);
      assert(["UNAUTHORIZED", "LOCKED_OUT", "nothing shown"].includes(code), code);
    }),
    { numRuns: runs(300) },
  );
});
