import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ProfileName } from "../../src/http/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { ANONYMOUS, keySubprotocol, type Peer } from "../../src/security/mod.ts";
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
    await problemOf(await call("GET", `/ws/${path}`), isOpen ? "UNSUPPORTED_PROTOCOL" : "UNAUTHORIZED");
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
  assertEquals(peers, [{ address: "192.0.2.7", origin, world: "a", opensSocket: true }, {
    address: "127.0.0.1",
  }]);
});

Deno.test("only GET with Upgrade at a socket's address opens one, so only that may hide its credential from the header", async () => {
  const { deps, call, upgrades, worlds } = createTestServer({ principals: { "o-key": principal("owner") } });
  const { peers } = deps.authenticator as unknown as { peers: Peer[] };
  const shown = { ...UPGRADE, "sec-websocket-protocol": `voxcast, ${keySubprotocol("o-key")}` };
  for (const profile of ["render", "heartbeat", "stream_features"]) {
    await (await call("GET", `/ws/${profile}`, undefined, shown)).body?.cancel();
  }
  assertEquals([upgrades.length, peers.every(({ opensSocket }) => opensSocket)], [3, true]);
  peers.length = 0;
  for (
    const [method, path] of [
      ["DELETE", "/api/worlds/main"],
      ["GET", "/api/worlds"],
      ["POST", "/api/tickets"],
      ["GET", "/ws/stats"],
      ["HEAD", "/ws/render"],
      ["POST", "/ws/render"],
      ["GET", "/ws/nothing"],
    ] as const
  ) {
    const response = await call(method, `${path}?ticket=abc`, undefined, shown);
    assertEquals([method, path, response.status], [method, path, 401]);
    await response.body?.cancel();
  }
  await (await call("GET", "/ws/heartbeat", undefined, { "sec-websocket-protocol": "voxcast" })).body
    ?.cancel();
  assertEquals(peers.some(({ opensSocket }) => opensSocket), false);
  assertEquals(worlds.get("main") !== undefined, true);
});

Deno.test("an upgrade must be the handshake of RFC 6455, whatever the runtime would take", async () => {
  const { call, upgrades } = createTestServer({ principals: KEYS });
  const render = (headers: Record<string, string | undefined>, method = "GET") => {
    const all = Object.entries({ ...UPGRADE, ...bearer("a-key"), ...headers });
    const given = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    return call(method, "/ws/render", undefined, Object.fromEntries(given));
  };
  for (const version of ["8", "0", "14", "13, 8", "13,13", "", undefined]) {
    const response = await render({ "sec-websocket-version": version });
    const { headers } = response;
    assertEquals([version, response.status, headers.get("sec-websocket-version")], [version, 426, "13"]);
    await problemOf(response, "UNSUPPORTED_PROTOCOL");
  }
  const bytes = (count: number) => new Uint8Array(count).toBase64();
  const twice = `${bytes(16)}, ${bytes(16)}`;
  for (
    const key of [
      bytes(15),
      bytes(17),
      bytes(18),
      "x".repeat(24),
      "-".repeat(22) + "==",
      twice,
      "",
      undefined,
    ]
  ) {
    const response = await render({ "sec-websocket-key": key });
    assertEquals([key, response.status], [key, 400]);
    await problemOf(response, "UNSUPPORTED_PROTOCOL");
  }
  for (const connection of ["keep-alive", "upgrades", undefined]) {
    assertEquals((await render({ connection })).status, 400);
  }
  const head = await render({}, "HEAD");
  assertEquals([head.status, head.headers.get("allow")], [405, "GET"]);
  assertEquals(upgrades, []);
  await (await render({ connection: "keep-alive , UPGRADE" })).body?.cancel();
  assertEquals(upgrades.length, 1);
});

Deno.test("a plain GET is told what an upgrade would be refused with, and 426 if nothing stands against it", async () => {
  const refused: string[] = [];
  let refusal: VoxcastError | undefined;
  const checkUpgrade = (profile: ProfileName): void => {
    refused.push(profile);
    if (refusal !== undefined) throw refusal;
  };
  const server = createTestServer({ principals: KEYS, deps: { checkUpgrade } });
  for (const profile of ["render", "heartbeat", "stream_features"]) {
    const ask = (query = "") => server.call("GET", `/ws/${profile}${query}`, undefined, bearer("a-key"));
    refusal = undefined;
    const free = await ask();
    assertEquals([free.status, free.headers.get("upgrade")], [426, "websocket"]);
    await problemOf(free, "UNSUPPORTED_PROTOCOL");
    assertStringIncludes(free.headers.get("ratelimit")!, '"connects"');
    refusal = new VoxcastError("OVERLOADED", "Later", { retryAfterMs: 2000 });
    const busy = await ask();
    assertEquals([busy.status, busy.headers.get("retry-after")], [503, "2"]);
    await problemOf(busy, "OVERLOADED");
    await problemOf(await ask("?world=b"), "NOT_ALLOWED");
    await (await server.call("GET", `/ws/${profile}`, undefined, { ...UPGRADE, ...bearer("a-key") })).body
      ?.cancel();
  }
  // Those that asked for an upgrade went there, and who may not enter got no further.
  assertEquals(server.upgrades.length, 3);
  const twice = ["render", "heartbeat", "stream_features"].flatMap((profile) => [profile, profile]);
  assertEquals(refused, twice);
});

Deno.test("a plain GET is checked for the same peer that an upgrade would have", async () => {
  const { call, checks } = createTestServer({ principals: KEYS });
  await (await call("GET", "/ws/heartbeat", undefined, bearer("a-key"), "192.0.2.7")).body?.cancel();
  await (await call("GET", "/ws/heartbeat", undefined, {}, "192.0.2.8")).body?.cancel();
  assertEquals(checks, [
    { profile: "heartbeat", peer: { remoteAddress: "192.0.2.7", principal: OF_A } },
    { profile: "heartbeat", peer: { remoteAddress: "192.0.2.8", principal: undefined } },
  ]);
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
