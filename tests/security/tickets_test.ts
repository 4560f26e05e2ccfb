import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { seededRandom } from "../../src/observe/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import type { AuthFailure } from "../../src/security/auth_failure.ts";
import type { Peer, Principal, TicketOptions } from "../../src/security/mod.ts";
import { type TicketRule, Tickets } from "../../src/security/tickets.ts";
import { runs } from "../support/runs.ts";
import { authFixture, KEY, PEER, request, SOCKET, TOKENS, upgrade } from "./auth_fixture.ts";

const TTL_MS = 30_000;
const ORIGIN = "https://app.example";
const ALICE: Principal = {
  id: "user:alice",
  method: "jwt",
  role: "participant",
  worlds: new Set(["a", "b"]),
};

function tickets(rule: Partial<TicketRule> = {}): Tickets {
  return new Tickets({ ttlMs: TTL_MS, maxTickets: 100, ...rule }, seededRandom(1));
}

/** How redeeming ends: the reason of the refusal, or the principal's id. */
function redeemed(all: Tickets, ticket: string, peer: Partial<Peer> = {}, nowMs: number = 0): string {
  try {
    return all.redeem(ticket, { ...PEER, ...peer }, nowMs).id;
  } catch (error) {
    return (error as AuthFailure).reason;
  }
}

Deno.test("a ticket opens one socket as who asked for it, and is used up then", () => {
  const all = tickets();
  const ticket = all.issue(ALICE, {}, 0);
  assertMatch(ticket, /^[0-9a-z]{40}$/);
  assertEquals(all.redeem(ticket, PEER, 0), { ...ALICE, method: "ticket" });
  assertEquals(redeemed(all, ticket), "wrong-ticket");
  assertEquals(all.size, 0);
});

Deno.test("a ticket ends after its life", () => {
  const all = tickets();
  const [first, second] = [all.issue(ALICE, {}, 0), all.issue(ALICE, {}, 0)];
  assertEquals(redeemed(all, first, {}, TTL_MS - 1), "user:alice");
  assertEquals(redeemed(all, second, {}, TTL_MS), "wrong-ticket");
});

Deno.test("a ticket is for one origin; shown from another it is used up all the same", () => {
  for (
    const [bound, shown] of [[ORIGIN, "https://evil.example"], [ORIGIN, undefined], [
      undefined,
      ORIGIN,
    ]] as const
  ) {
    const all = tickets();
    const ticket = all.issue(ALICE, bound === undefined ? {} : { origin: bound }, 0);
    assertEquals(redeemed(all, ticket, shown === undefined ? {} : { origin: shown }), "ticket-origin");
    assertEquals(redeemed(all, ticket, bound === undefined ? {} : { origin: bound }), "wrong-ticket");
  }
  const all = tickets();
  assertEquals(redeemed(all, all.issue(ALICE, { origin: ORIGIN }, 0), { origin: ORIGIN }), "user:alice");
});

Deno.test("a ticket of one world opens no other, and its principal may enter no other", () => {
  const all = tickets();
  assertEquals(redeemed(all, all.issue(ALICE, { world: "a" }, 0), { world: "b" }), "ticket-world");
  const principal = all.redeem(all.issue(ALICE, { world: "a" }, 0), { ...PEER, world: "a" }, 0);
  assertEquals(principal.worlds, new Set(["a"]));
  const everywhere = all.redeem(all.issue({ ...ALICE, worlds: "all" }, { world: "z" }, 0), PEER, 0);
  assertEquals(everywhere.worlds, new Set(["z"]));
});

Deno.test("nobody gets a ticket for a world that is not theirs", () => {
  const error = assertThrows(() => tickets().issue(ALICE, { world: "c" }, 0), VoxcastError);
  assertEquals(error.code, "NOT_ALLOWED");
});

Deno.test("who came by a ticket gets no other", () => {
  const all = tickets({});
  const first = all.redeem(all.issue(ALICE, {}, 0), { address: "192.0.2.7" }, 0);
  assertEquals(first.method, "ticket");
  assertEquals(assertThrows(() => all.issue(first, {}, 0), VoxcastError).code, "NOT_ALLOWED");
  assertEquals(all.size, 0);
});

Deno.test("as many tickets as may be are out: BUSY until the oldest ends, and none is forgotten", () => {
  const all = tickets({ maxTickets: 2 });
  const first = all.issue(ALICE, {}, 0);
  all.issue(ALICE, {}, 10_000);
  const error = assertThrows(() => all.issue(ALICE, {}, 20_000), VoxcastError);
  assertEquals([error.code, error.retryAfterMs], ["BUSY", 10_000]);
  assertEquals(redeemed(all, first, {}, 20_000), "user:alice");
  all.issue(ALICE, {}, 20_000);
  all.issue(ALICE, {}, 40_000);
  assertEquals(all.size, 2);
});

Deno.test("tickets come with upgrades as subprotocol or in the address, and in AUTH, never with other requests", async () => {
  using fixture = await authFixture();
  const issue = (options: TicketOptions = {}): string => fixture.auth.issueTicket(ALICE, options).ticket;
  const ticket = issue();
  const ways: Promise<Principal | undefined>[] = [
    fixture.auth.ofRequest(upgrade([`voxcast.ticket.${ticket}`]), SOCKET),
    fixture.auth.ofRequest(upgrade([], `/ws/render?ticket=${issue()}`), SOCKET),
    fixture.auth.ofMessage({ kind: "ticket", ticket: issue() }, PEER),
  ];
  for (const principal of await Promise.all(ways)) {
    assertEquals([principal?.id, principal?.method], ["user:alice", "ticket"]);
  }
  assertEquals(await fixture.auth.ofRequest(request({}, `/api/worlds?ticket=${issue()}`), PEER), undefined);
  assertEquals(
    await fixture.codeOfRequest(upgrade([`voxcast.ticket.${ticket}`]), SOCKET),
    "UNAUTHORIZED",
  );
  assertEquals(
    await fixture.codeOfMessage({ kind: "ticket", ticket: "x".repeat(129) }),
    "UNAUTHORIZED",
  );
  assertEquals(fixture.failures, { "wrong-ticket": 1, "malformed": 1 });
});

Deno.test("a ticket says when it ends, and opens nothing once the credential behind it has ended", async () => {
  using fixture = await authFixture({ apiKey: KEY, ...TOKENS });
  const nowMs = fixture.clock.now();
  const { ticket, expiresAtMs } = fixture.auth.issueTicket({ ...ALICE, expiresAtMs: nowMs + 5000 }, {});
  assertEquals(expiresAtMs, nowMs + TTL_MS);
  fixture.clock.advance(5000);
  assertEquals(await fixture.codeOfMessage({ kind: "ticket", ticket }), "AUTH_EXPIRED");
});

Deno.test("property: a ticket is redeemed at most once, in time, from its origin, for its world", () => {
  const origin = fc.constantFrom(undefined, ORIGIN, "https://other.example");
  const world = fc.constantFrom(undefined, "a", "b");
  const use = fc.record({ origin, world, waitMs: fc.nat(20_000) });
  fc.assert(
    fc.property(
      origin,
      world,
      fc.array(use, { minLength: 1, maxLength: 4 }),
      (boundOrigin, boundWorld, uses) => {
        const all = tickets();
        const bound = {
          ...(boundOrigin === undefined ? {} : { origin: boundOrigin }),
          ...(boundWorld === undefined ? {} : { world: boundWorld }),
        };
        const ticket = all.issue(ALICE, bound, 0);
        assertNotEquals(all.issue(ALICE, bound, 0), ticket);
        let nowMs = 0;
        for (const [i, { origin, world, waitMs }] of uses.entries()) {
          nowMs += waitMs;
          const isRight = i === 0 && nowMs < TTL_MS && origin === boundOrigin &&
            (boundWorld === undefined || world === undefined || world === boundWorld);
          const peer = {
            ...(origin === undefined ? {} : { origin }),
            ...(world === undefined ? {} : { world }),
          };
          assertEquals(redeemed(all, ticket, peer, nowMs) === "user:alice", isRight);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});
