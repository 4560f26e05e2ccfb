import { assertEquals } from "@std/assert";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { ANONYMOUS } from "../../src/security/mod.ts";
import { bearer, principal, UPGRADE } from "./principals.ts";
import { createTestServer, problemOf } from "./server.ts";

const OF_A = { ...principal("viewer", ["a"]), id: "key:of-a" };
const KEYS = { "a-key": OF_A };

Deno.test("each path hands its upgrade on with its name, the principal, and the client's address", async () => {
  const { call, upgrades } = createTestServer({ principals: KEYS });
  for (const profile of ["render", "heartbeat", "stream_features"] as const) {
    const response = await call(
      "GET",
      `/ws/${profile}`,
      undefined,
      { ...UPGRADE, ...bearer("a-key") },
      "192.0.2.7",
    );
    assertEquals(await response.text(), "upgraded");
    assertEquals(upgrades.pop(), { profile, peer: { remoteAddress: "192.0.2.7", principal: OF_A } });
  }
});

Deno.test("only the paths that take a credential in a message are upgraded without one", async () => {
  const { call, upgrades } = createTestServer({ principals: KEYS });
  for (const [path, isOpen] of [["render", false], ["heartbeat", true], ["stream_features", true]] as const) {
    const response = await call("GET", `/ws/${path}`, undefined, UPGRADE);
    assertEquals([path, response.status], [path, isOpen ? 200 : 401]);
    await response.body?.cancel();
    // Without an upgrade there is no message that could bring one.
    await problemOf(await call("GET", `/ws/${path}`), "UNAUTHORIZED");
  }
  assertEquals(upgrades.map(({ peer }) => peer.principal), [undefined, undefined]);
});

Deno.test("a wrong credential is refused on every path, those that would go without one too", async () => {
  const { call, upgrades } = createTestServer({ principals: KEYS });
  for (const path of ["render", "heartbeat", "stream_features"]) {
    const response = await call("GET", `/ws/${path}`, undefined, { ...UPGRADE, ...bearer("wrong") });
    assertEquals(response.status, 401);
    await problemOf(response, "UNAUTHORIZED");
  }
  assertEquals(upgrades, []);
});

Deno.test("without credentials everybody is upgraded as anonymous", async () => {
  const { call, upgrades } = createTestServer();
  await (await call("GET", "/ws/heartbeat", undefined, UPGRADE)).body?.cancel();
  assertEquals(upgrades.map(({ peer }) => peer.principal), [ANONYMOUS]);
});

Deno.test("a world in the address must be one of the credential's", async () => {
  const { call, upgrades } = createTestServer({ principals: KEYS });
  for (const path of ["render", "heartbeat", "stream_features"]) {
    const connect = (world: string) =>
      call("GET", `/ws/${path}?world=${world}`, undefined, { ...UPGRADE, ...bearer("a-key") });
    await problemOf(await connect("b"), "NOT_ALLOWED");
    await problemOf(await connect("main"), "NOT_ALLOWED");
    await problemOf(await connect(""), "NOT_ALLOWED");
    await (await connect("a")).body?.cancel();
  }
  assertEquals(upgrades.length, 3);
});

Deno.test("the authenticator is told the address, the origin, and the world of a request", async () => {
  const { deps, call } = createTestServer({ principals: KEYS });
  const { peers } = deps.authenticator as unknown as { peers: unknown[] };
  const origin = "http://127.0.0.1:7090";
  const headers = { ...UPGRADE, ...bearer("a-key"), origin, host: "127.0.0.1:7090" };
  await (await call("GET", "/ws/render?world=a", undefined, headers, "192.0.2.7")).body?.cancel();
  await (await call("GET", "/api/worlds", undefined, bearer("a-key"))).body?.cancel();
  assertEquals(peers, [{ address: "192.0.2.7", origin, world: "a" }, { address: "127.0.0.1" }]);
});

Deno.test("what refuses an upgrade is answered as a problem with Retry-After", async () => {
  const refusals = [
    [new VoxcastError("OVERLOADED", "Later", { retryAfterMs: 2000 }), 503, "2"],
    [new VoxcastError("SERVER_FULL", "Full"), 503, "5"],
    [new VoxcastError("WORLD_FULL", "Full"), 503, "5"],
    [new VoxcastError("SHUTTING_DOWN", "Stopping"), 503, "5"],
    [new VoxcastError("ADDRESS_LIMIT", "Too many"), 429, "5"],
  ] as const;
  for (const [error, status, retryAfter] of refusals) {
    const upgrade = () => {
      throw error;
    };
    const { call } = createTestServer({ deps: { upgrade } });
    const response = await call("GET", "/ws/heartbeat", undefined, UPGRADE);
    assertEquals([response.status, response.headers.get("retry-after")], [status, retryAfter]);
    const problem = await problemOf(response, error.code);
    assertEquals(problem["retry_after_ms"], 1000 * Number(retryAfter));
  }
});
