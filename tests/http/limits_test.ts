import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HttpLimits, type RequestClass } from "../../src/http/http_limits.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { MemoryLimitStore, Violations } from "../../src/security/mod.ts";
import { FakeAuthenticator } from "./fake_authenticator.ts";
import { bearer, principal, UPGRADE } from "./principals.ts";
import { createTestServer, problemOf, type TestServerOptions } from "./server.ts";

const ALICE = { ...principal("owner"), id: "key:alice" };
const BOB = { ...principal("owner"), id: "key:bob" };
const KEYS = { "alice-key": ALICE, "bob-key": BOB };
const VOXELS = { voxels: [{ position: [1, 1, 1], color: "#ffffff" }] };

function withLimits(
  limits: NonNullable<TestServerOptions["config"]>["limits"],
  options: TestServerOptions = { principals: KEYS },
) {
  return createTestServer({
    ...options,
    config: { ...options.config, ...(limits === undefined ? {} : { limits }) },
  });
}

/** How many requests are granted before the first 429, at one moment. */
async function granted(send: () => Promise<Response>): Promise<number> {
  for (let count = 0; count < 100; count++) {
    const response = await send();
    await response.body?.cancel();
    if (response.status === 429) return count;
  }
  throw new Error("No limit was met");
}

/** One request of each class, and the setting that bounds it. */
const CLASSES = [
  ["default", { httpRequests: 3 }, "GET", "/api/worlds"],
  ["connects", { connects: 3 }, "POST", "/api/tickets", {}],
  ["health", { healthRequests: 3 }, "GET", "/api/health"],
  ["settings", { settingsRequests: 3 }, "GET", "/api/info"],
  ["regions", { regionRequests: 3 }, "GET", "/api/worlds/main/voxels?min=0,0,0&max=1,1,1"],
  ["regions", { regionRequests: 3 }, "GET", "/api/worlds/main/entities"],
  ["snapshots", { snapshotRequests: 3 }, "GET", "/ws/stats"],
  ["snapshots", { snapshotRequests: 3 }, "GET", "/api/metrics"],
  ["pictures", { pictureRequests: 3 }, "GET", "/api/worlds/main/snapshot.png"],
  ["pictures", { pictureRequests: 3 }, "GET", "/api/worlds/main/thumbnail.png"],
  ["picks", { pickRequests: 3 }, "POST", "/api/worlds/main/pick", { x: 0.5, y: 0.5 }],
  ["ops", { opRequests: 3 }, "POST", "/api/worlds/main/voxels", VOXELS],
  ["ops", { opRequests: 3 }, "DELETE", "/api/worlds/main/entities/none"],
] as const;

Deno.test("each class of requests has its own limit, and does not use up another's", async () => {
  for (const [name, limits, method, path, body] of CLASSES) {
    const { call } = withLimits(limits);
    assertEquals([path, await granted(() => call(method, path, body, bearer("alice-key")))], [path, 3]);
    const refused = await call(method, path, body, bearer("alice-key"));
    assertStringIncludes(String((await problemOf(refused, "RATE_LIMITED"))["detail"]), `"${name}"`);
    const other = name === "health" ? "/api/worlds" : "/api/health";
    assertEquals((await call("GET", other, undefined, bearer("alice-key"))).status, 200);
  }
});

Deno.test("every class grants what its setting says", () => {
  const { deps } = withLimits({ longPollRequests: 3, connects: 4 });
  const classes: [RequestClass, number][] = [
    ["default", 60],
    ["health", 120],
    ["settings", 30],
    ["regions", 600],
    ["snapshots", 30],
    ["pictures", 30],
    ["picks", 600],
    ["longPolls", 3],
    ["ops", 6000],
    ["connects", 4],
    ["preflights", 6000],
  ];
  const limits = new HttpLimits({
    limits: deps.config.limits,
    isOpen: false,
    store: new MemoryLimitStore({ maxKeys: 100 }),
    violations: new Violations({ maxViolations: 1, banMs: 1000, maxKeys: 10 }),
    clock: deps.clock,
  });
  for (const [name, requests] of classes) {
    let count = 0;
    while (limits.count(name, "192.0.2.1", undefined)!.take.ok) count++;
    assertEquals([name, count], [name, requests]);
  }
});

Deno.test("a limit comes back at its rate over the window", async () => {
  const { call, clock } = withLimits({ httpRequests: 6, httpWindowSec: 60 });
  const list = () => call("GET", "/api/worlds", undefined, bearer("alice-key"));
  assertEquals(await granted(list), 6);
  clock.advance(9_999);
  assertEquals((await list()).status, 429);
  clock.advance(1);
  assertEquals(await granted(list), 1);
  clock.advance(60_000);
  assertEquals(await granted(list), 6);
});

Deno.test("every counted answer says what is left, and a refusal when to come again", async () => {
  const { call, clock } = withLimits({ httpRequests: 2, httpWindowSec: 10 });
  const seen = async (path = "/api/worlds") => {
    const response = await call("GET", path, undefined, bearer("alice-key"));
    const { headers } = response;
    const old = ["limit", "remaining", "reset"].map((name) => headers.get(`ratelimit-${name}`));
    await response.body?.cancel();
    return [
      response.status,
      headers.get("ratelimit-policy"),
      headers.get("ratelimit"),
      ...old,
      headers.get("retry-after"),
    ];
  };
  const policy = '"default";q=2;w=10';
  assertEquals(await seen(), [200, policy, '"default";r=1;t=5', "2", "1", "5", null]);
  assertEquals(await seen("/api/worlds/none"), [404, policy, '"default";r=0;t=10', "2", "0", "10", null]);
  assertEquals(await seen(), [429, policy, '"default";r=0;t=10', "2", "0", "10", "5"]);
  clock.advance(1000);
  const refused = await call("GET", "/api/worlds", undefined, bearer("alice-key"));
  const problem = await problemOf(refused, "RATE_LIMITED");
  assertEquals([problem["retry_after_ms"], problem["retryable"], problem["number"]], [4000, true, 30009]);
});

Deno.test("the page and its files are never counted", async () => {
  const { call } = withLimits({ httpRequests: 1, connects: 1, settingsRequests: 1 }, {
    principals: KEYS,
    assets: { "index.html": "page", "viewer.js": "go()" },
  });
  for (let i = 0; i < 200; i++) {
    for (const path of ["/", "/assets/viewer.js"]) {
      const response = await call("GET", path);
      assertEquals([response.status, response.headers.get("ratelimit")], [200, null]);
      await response.body?.cancel();
    }
  }
});

Deno.test("requests with a credential are counted by principal, others by address", async () => {
  const { call } = withLimits({ httpRequests: 3, healthRequests: 3 });
  const list = (key: string, address: string) => () =>
    call("GET", "/api/worlds", undefined, bearer(key), address);
  assertEquals(await granted(list("alice-key", "192.0.2.1")), 3);
  assertEquals((await list("alice-key", "192.0.2.2")()).status, 429);
  assertEquals(await granted(list("bob-key", "192.0.2.1")), 3);
  const health = (address: string) => () => call("GET", "/api/health", undefined, {}, address);
  assertEquals(await granted(health("192.0.2.1")), 3);
  assertEquals(await granted(health("192.0.2.2")), 3);
  // Whoever has one address of an IPv6 /64 has all of them.
  assertEquals(await granted(health("2001:db8::1")), 3);
  assertEquals((await health("2001:db8::2")()).status, 429);
  assertEquals(await granted(health("2001:db8:0:1::1")), 3);
});

Deno.test("requests without the credential that they need are counted by address, before they are refused", async () => {
  const { call } = withLimits({ httpRequests: 2 });
  const statuses = [];
  for (const path of ["/api/worlds", "/nothing", "/api/worlds/main"]) {
    statuses.push((await call("GET", path, undefined, {}, "192.0.2.1")).status);
  }
  assertEquals(statuses, [401, 401, 429]);
});

Deno.test("a credential that is refused counts for its address, whatever is wrong with it", async () => {
  const authenticator = new FakeAuthenticator(KEYS);
  const { call } = withLimits({ httpRequests: 3, healthRequests: 2, connects: 1 }, {
    deps: { authenticator },
  });
  const send = (path: string, headers: Record<string, string>, address = "192.0.2.1") => () =>
    call("GET", path, undefined, headers, address);
  let asked = 1;
  for (const code of ["AUTH_EXPIRED", "UNAUTHORIZED", "LOCKED_OUT"] as const) {
    authenticator.refusal = new VoxcastError(code, "Refused");
    const address = `192.0.2.${++asked}`;
    const { status, headers } = await send("/api/worlds", bearer("alice-key"), address)();
    assertEquals([status, headers.get("ratelimit-remaining")], [code === "LOCKED_OUT" ? 429 : 401, "2"]);
    await problemOf(await send("/api/worlds", bearer("alice-key"), address)(), code);
    await problemOf(await send("/api/worlds", bearer("bob-key"), address)(), code);
    await problemOf(await send("/api/worlds", bearer("alice-key"), address)(), "RATE_LIMITED");
    await problemOf(await send("/api/worlds", {}, address)(), "RATE_LIMITED");
  }
  authenticator.refusal = new VoxcastError("AUTH_EXPIRED", "Refused");
  assertEquals(await granted(send("/api/health", bearer("alice-key"))), 2);
  assertEquals(await granted(send("/ws/render", { ...UPGRADE, ...bearer("alice-key") })), 1);
  // Whose credential is right is not held up by others of the same address.
  authenticator.refusal = undefined;
  assertEquals((await send("/api/worlds", bearer("alice-key"), "192.0.2.2")()).status, 200);
});

Deno.test("connects are counted by address whoever it is, and lead to no ban", async () => {
  const { call, clock, deps, upgraded } = withLimits({ connects: 3, maxViolations: 1 });
  const connect = (key: string, address: string, path = "/ws/render") => () =>
    call("GET", path, undefined, { ...UPGRADE, ...bearer(key) }, address);
  assertEquals(await granted(connect("alice-key", "192.0.2.1")), 3);
  for (const path of ["/ws/heartbeat", "/ws/stream_features"]) {
    assertEquals((await connect("bob-key", "192.0.2.1", path)()).status, 429);
  }
  assertEquals((await connect("alice-key", "192.0.2.2")()).status, 200);
  assertEquals(upgraded.length, 4);
  assertEquals(deps.violations.banLeftMs(ALICE.id, clock.monotonic()), 0);
});

Deno.test("who keeps on over a limit is warned, refused, and then banned as a principal, not as an address", async () => {
  const { call, clock } = withLimits({ httpRequests: 1, httpWindowSec: 10, maxViolations: 3, banSec: 30 });
  const list = (key = "alice-key") => call("GET", "/api/worlds", undefined, bearer(key), "192.0.2.1");
  assertEquals((await list()).status, 200);
  const warned = await problemOf(await list(), "RATE_LIMITED");
  assertStringIncludes(String(warned["detail"]), "ends in a ban");
  // Of many in one second one counts.
  for (let i = 0; i < 50; i++) await problemOf(await list(), "RATE_LIMITED");
  clock.advance(1000);
  assert(!String((await problemOf(await list(), "RATE_LIMITED"))["detail"]).includes("ban"));
  clock.advance(1000);
  const banned = await list();
  assertEquals([banned.status, banned.headers.get("retry-after")], [429, "30"]);
  await problemOf(banned, "BANNED");
  clock.advance(29_000);
  const later = await list();
  assertEquals(later.headers.get("retry-after"), "1");
  await problemOf(later, "BANNED");
  // Another class and another way in are closed, too; others at the same address are not.
  await problemOf(await call("GET", "/api/info", undefined, bearer("alice-key")), "BANNED");
  const upgrade = await call("GET", "/ws/render", undefined, { ...UPGRADE, ...bearer("alice-key") });
  await problemOf(upgrade, "BANNED");
  assertEquals((await list("bob-key")).status, 200);
  clock.advance(1000);
  assertEquals((await list()).status, 200);
});

Deno.test("a ban that the sockets put out holds for requests", async () => {
  const { call, clock, deps } = withLimits({ maxViolations: 1 });
  deps.violations.record(ALICE.id, clock.monotonic());
  await problemOf(await call("GET", "/api/worlds", undefined, bearer("alice-key")), "BANNED");
});

Deno.test("without credentials this machine is let off, unless that is turned off; other addresses never are", async () => {
  const open = withLimits({ httpRequests: 2 }, {});
  for (let i = 0; i < 10; i++) {
    const response = await open.call("GET", "/api/worlds");
    assertEquals([response.status, response.headers.get("ratelimit")], [200, null]);
  }
  assertEquals(await granted(() => open.call("GET", "/api/worlds", undefined, {}, "192.0.2.1")), 2);
  const strict = withLimits({ httpRequests: 2, loopbackExempt: false, maxViolations: 1 }, {});
  assertEquals(await granted(() => strict.call("GET", "/api/worlds")), 2);
  // Everybody is the same nobody there, so nobody is banned.
  await problemOf(await strict.call("GET", "/api/worlds"), "RATE_LIMITED");
  const closed = withLimits({ healthRequests: 2 });
  assertEquals(await granted(() => closed.call("GET", "/api/health")), 2);
});

Deno.test("the address behind a trusted proxy counts, one that anybody could write does not", async () => {
  const trusting = createTestServer({
    principals: KEYS,
    config: {
      security: { apiKey: "0123456789abcdef", trustProxy: ["192.0.2.1"] },
      limits: { healthRequests: 2 },
    },
  });
  const health = (client: string, proxy: string) => () =>
    trusting.call("GET", "/api/health", undefined, { "x-forwarded-for": client }, proxy);
  assertEquals(await granted(health("198.51.100.1", "192.0.2.1")), 2);
  assertEquals(await granted(health("198.51.100.2", "192.0.2.1")), 2);
  assertEquals(await granted(health("198.51.100.3", "192.0.2.9")), 2);
  assertEquals((await health("198.51.100.4", "192.0.2.9")()).status, 429);
});

Deno.test("what limits remember is bounded, and swept once a window", async () => {
  const { call, clock, deps } = withLimits({
    maxTrackedKeys: 100,
    httpWindowSec: 10,
    maxViolations: 5,
    banSec: 5,
  });
  for (let i = 0; i < 500; i++) {
    const response = await call("GET", "/api/health", undefined, {}, `10.0.${i >> 8}.${i & 255}`);
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
  assertEquals(deps.limitStore.size, 100);
  deps.violations.record("somebody", clock.monotonic());
  clock.advance(10_000);
  await (await call("GET", "/api/health")).body?.cancel();
  assertEquals([deps.limitStore.size, deps.violations.size], [1, 0]);
});

Deno.test("a lock-out is 429 with Retry-After, and a wrong or old credential 401", async () => {
  const authenticator = new FakeAuthenticator(KEYS);
  const { call } = createTestServer({ deps: { authenticator } });
  const send = (path: string) => call("GET", path, undefined, bearer("alice-key"));
  authenticator.refusal = new VoxcastError("LOCKED_OUT", "Locked out", { retryAfterMs: 41_500 });
  const locked = await send("/api/worlds");
  assertEquals([locked.status, locked.headers.get("retry-after")], [429, "42"]);
  await problemOf(locked, "LOCKED_OUT");
  authenticator.refusal = new VoxcastError("AUTH_EXPIRED", "Expired");
  const expired = await send("/api/worlds");
  assertEquals([expired.status, expired.headers.get("www-authenticate")], [401, 'Bearer realm="voxcast"']);
  authenticator.refusal = undefined;
  // A wrong credential is refused where none is needed, too: whoever shows it should know.
  await problemOf(await call("GET", "/api/health", undefined, bearer("wrong")), "UNAUTHORIZED");
});

Deno.test("a steady stream is granted what is there at once and what comes back, no more", async () => {
  const { call, clock } = withLimits({ httpRequests: 5 });
  let ok = 0;
  for (let second = 0; second < 120; second++) {
    for (let i = 0; i < 3; i++) {
      const response = await call(
        "GET",
        "/api/worlds",
        undefined,
        bearer(second % 2 === 0 ? "alice-key" : "bob-key"),
      );
      if (response.ok) ok++;
      await response.body?.cancel();
    }
    clock.advance(1000);
  }
  // Two principals, 5 at once and 5 a minute each.
  assert(ok <= 2 * (5 + 10), `${ok}`);
});
