import { assertEquals } from "@std/assert";
import { authFixture, KEY, request, SOCKET, upgrade } from "./auth_fixture.ts";

const HERE = { address: "127.0.0.1" };
const HERE_SOCKET = { ...HERE, opensSocket: true };

Deno.test("in development on loopback user_id names who opens a socket, with a warning once a minute", async () => {
  using fixture = await authFixture({});
  const { auth, clock, lines } = fixture;
  const shown = upgrade([], "/ws/main?user_id=alice&client_id=c1");
  assertEquals(await auth.ofRequest(shown, HERE_SOCKET), {
    id: "user:alice",
    method: "development",
    role: "owner",
    worlds: "all",
  });
  await auth.ofRequest(shown, HERE_SOCKET);
  assertEquals(lines.length, 1);
  assertEquals(/auth\.development_user userId=alice clientId=c1 /.test(lines[0]!), true);
  clock.advance(60_000);
  await auth.ofRequest(shown, HERE_SOCKET);
  assertEquals(lines.length, 2);
});

Deno.test("user_id of another machine, or of a server that others reach, is refused", async () => {
  using fixture = await authFixture({});
  const shown = upgrade([], "/ws/main?user_id=alice");
  assertEquals(await fixture.codeOfRequest(shown, SOCKET), "UNAUTHORIZED");
  using reachable = await authFixture({ host: "0.0.0.0" });
  assertEquals(await reachable.codeOfRequest(shown, HERE_SOCKET), "UNAUTHORIZED");
  assertEquals(await reachable.auth.ofRequest(request({}), HERE), undefined);
  assertEquals(reachable.failures, { "development-user": 1 });
  assertEquals(reachable.lines, []);
});

Deno.test("with a credential set up user_id alone is nothing, on loopback too", async () => {
  using fixture = await authFixture({ apiKey: KEY });
  assertEquals(await fixture.auth.ofRequest(upgrade([], "/ws/main?user_id=alice"), HERE_SOCKET), undefined);
  assertEquals(fixture.lines, []);
});

Deno.test("user_id must be a plain name; a client_id that is none cannot forge a line of the log", async () => {
  using fixture = await authFixture({});
  for (const userId of ["", "x".repeat(129), "a%0Ab", "a%E2%80%AEb"]) {
    assertEquals(
      await fixture.codeOfRequest(upgrade([], `/ws/main?user_id=${userId}`), HERE_SOCKET),
      "UNAUTHORIZED",
    );
  }
  assertEquals(fixture.auth.attemptsLeft(HERE.address), 3);
  await fixture.auth.ofRequest(upgrade([], "/ws/main?user_id=a&client_id=x%0AINFO%E2%80%AEy"), HERE_SOCKET);
  assertEquals(fixture.lines.length, 1);
  assertEquals(/[\n\u202e]/.test(fixture.lines[0]!), false);
});

Deno.test("an ordinary request cannot name a user, with Upgrade in its head or without", async () => {
  using fixture = await authFixture({});
  const path = "/api/worlds?user_id=alice";
  for (const ordinary of [request({}, path), upgrade([], path)]) {
    assertEquals((await fixture.auth.ofRequest(ordinary, HERE))?.id, "anonymous");
  }
});
