import { assert, assertEquals } from "@std/assert";
import { createAuthenticator } from "../../src/security/mod.ts";
import { seededRandom } from "../../src/observe/mod.ts";
import { VoxcastError } from "../../src/protocol/mod.ts";
import { FakeAuthenticator } from "./fake_authenticator.ts";
import { bearer, principal, UPGRADE } from "./principals.ts";
import { createTestServer, ORIGIN, problemOf, type TestServer } from "./server.ts";

const KEY = "0123456789abcdef";
const OF_A = { ...principal("viewer", ["a"]), id: "key:of-a" };
const KEYS = { "a-key": OF_A };

Deno.test("a ticket is bound to the world and the origin that are asked for, or to the page that asks", async () => {
  const { call } = createTestServer({ principals: KEYS });
  const ticket = async (body: unknown, headers = {}) => {
    const response = await call("POST", "/api/tickets", body, { ...bearer("a-key"), ...headers });
    assertEquals([response.status, response.headers.get("cache-control")], [201, "no-store"]);
    return await response.json();
  };
  assertEquals(await ticket({}), { ticket: "key:of-a - -", expires_at_ms: 30_000 });
  assertEquals((await ticket({ world: "a" })).ticket, "key:of-a a -");
  const own = { origin: ORIGIN, host: "127.0.0.1:7090" };
  assertEquals((await ticket({ world: "a" }, own)).ticket, `key:of-a a ${ORIGIN}`);
  const other = "https://app.example.com";
  assertEquals((await ticket({ origin: other }, own)).ticket, `key:of-a - ${other}`);
});

Deno.test("a request for a ticket without a body asks for nothing in particular", async () => {
  const { call } = createTestServer({ principals: KEYS });
  const plain = { ticket: "key:of-a - -", "expires_at_ms": 30_000 };
  const bare = await call("POST", "/api/tickets", undefined, bearer("a-key"));
  assertEquals([bare.status, await bare.json()], [201, plain]);
  const ask = (body: BodyInit, headers: Record<string, string>) =>
    call("POST", "/api/tickets", body, { ...bearer("a-key"), ...headers });
  const empty = { type: "bytes" as const };
  for (
    const [body, headers] of [
      [new ReadableStream({ ...empty, start: (controller) => controller.close() }), {}],
      ["", { "content-length": "0", "content-type": "application/json" }],
    ] as const
  ) {
    const response = await ask(body, headers);
    assertEquals([response.status, await response.json()], [201, plain]);
  }
  await problemOf(await ask("{", { "content-type": "application/json" }), "INVALID_JSON");
});

Deno.test("no ticket for another world, a world that cannot be, a broken origin, or without a credential", async () => {
  const { call } = createTestServer({ principals: KEYS });
  const ask = (body: unknown, headers = bearer("a-key")) => call("POST", "/api/tickets", body, headers);
  await problemOf(await ask({ world: "main" }), "NOT_ALLOWED");
  await problemOf(await ask({ world: "nowhere" }), "NOT_ALLOWED");
  for (
    const body of [{ world: "A B" }, { origin: "app.example.com" }, { origin: "https://a/b" }, { key: 1 }]
  ) {
    await problemOf(await ask(body), "INVALID_FIELD");
  }
  await problemOf(await ask({}, {} as ReturnType<typeof bearer>), "UNAUTHORIZED");
});

Deno.test("too many tickets are answered with 429", async () => {
  const authenticator = new FakeAuthenticator(KEYS);
  authenticator.issueTicket = () => {
    throw new VoxcastError("BUSY", "Too many tickets are out", { retryAfterMs: 3000 });
  };
  const { call } = createTestServer({ deps: { authenticator } });
  const response = await call("POST", "/api/tickets", {}, bearer("a-key"));
  assertEquals([response.status, response.headers.get("retry-after")], [429, "3"]);
});

/** A server with the real authenticator. */
async function realServer(): Promise<TestServer & Disposable> {
  const { deps: { config, clock, logger } } = createTestServer({ config: { security: { apiKey: KEY } } });
  const authenticator = await createAuthenticator(config, { clock, random: seededRandom(1), logger });
  const server = createTestServer({ config: { security: { apiKey: KEY } }, deps: { authenticator, clock } });
  return { ...server, [Symbol.dispose]: () => authenticator[Symbol.dispose]() };
}

Deno.test("a ticket opens one socket, once, and nothing else", async () => {
  using server = await realServer();
  const { call, upgrades } = server;
  const own = { origin: ORIGIN, host: "127.0.0.1:7090" };
  const { ticket } = await (await call("POST", "/api/tickets", {}, { ...bearer(KEY), ...own })).json();
  const connect = () =>
    call("GET", "/ws/render?world=main", undefined, {
      ...UPGRADE,
      ...own,
      "sec-websocket-protocol": `voxcast, voxcast.ticket.${ticket}`,
    });
  assertEquals(await (await connect()).text(), "upgraded");
  assert(upgrades[0]!.peer.principal !== undefined);
  await problemOf(await connect(), "UNAUTHORIZED");
  const second = (await (await call("POST", "/api/tickets", {}, bearer(KEY))).json()).ticket;
  await problemOf(await call("GET", "/api/worlds", undefined, bearer(second)), "UNAUTHORIZED");
  await problemOf(await call("GET", `/api/worlds?ticket=${second}`), "UNAUTHORIZED");
});

Deno.test("with the real authenticator: three wrong keys lock the address out of everything that needs one", async () => {
  using server = await realServer();
  const { call } = server;
  const list = (key: string, address: string) => call("GET", "/api/worlds", undefined, bearer(key), address);
  for (let i = 0; i < 3; i++) {
    const wrong = await list(`wrong-key-${i}`, "192.0.2.1");
    assertEquals([wrong.status, wrong.headers.get("www-authenticate")], [401, 'Bearer realm="voxcast"']);
    await wrong.body?.cancel();
  }
  const locked = await list(KEY, "192.0.2.1");
  assertEquals([locked.status, locked.headers.get("retry-after")], [429, "60"]);
  await problemOf(locked, "LOCKED_OUT");
  assertEquals((await list(KEY, "192.0.2.2")).status, 200);
  assertEquals((await call("GET", "/api/health", undefined, {}, "192.0.2.1")).status, 200);
});
