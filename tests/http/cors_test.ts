import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bearer, principal, UPGRADE } from "./principals.ts";
import { createTestServer, ORIGIN, problemOf } from "./server.ts";

const APP = "https://app.example.com";
const KEYS = { "a-key": principal("owner") };
const ALLOWING = { principals: KEYS, config: { security: { allowedOrigins: [APP] } } };

Deno.test("a preflight of an allowed origin is answered without a credential, and others are not", async () => {
  const { call } = createTestServer(ALLOWING);
  const ask = (origin: string, path = "/api/worlds/main/voxels") =>
    call("OPTIONS", path, undefined, { origin, "access-control-request-method": "POST" });
  const { status, headers } = await ask(APP);
  assertEquals([status, headers.get("access-control-allow-origin")], [204, APP]);
  assertEquals(headers.get("access-control-allow-methods"), "DELETE, GET, HEAD, PATCH, POST, PUT");
  assertStringIncludes(headers.get("access-control-allow-headers")!, "Authorization");
  assertEquals(headers.get("access-control-allow-credentials"), null);
  for (
    const origin of [
      "https://evil.example",
      "http://app.example.com",
      `${APP}.evil.example`,
      `${APP}:8443`,
      "null",
    ]
  ) {
    const refused = await ask(origin);
    assertEquals([origin, refused.headers.get("access-control-allow-origin")], [origin, null]);
    await problemOf(refused, "FORBIDDEN");
  }
});

Deno.test("a preflight tells nobody without a credential which addresses there are", async () => {
  const { call } = createTestServer(ALLOWING);
  const seen = new Set<string>();
  let asked = 0;
  for (const path of ["/api/worlds/main/voxels", "/api/worlds", "/ws/render", "/", "/nothing"]) {
    for (const method of ["POST", "GET", "BREW"]) {
      const asking = { origin: APP, "access-control-request-method": method };
      const address = `192.0.2.${++asked}`;
      const { status, headers } = await call("OPTIONS", path, undefined, asking, address);
      headers.delete("x-request-id");
      seen.add(JSON.stringify([status, [...headers]]));
    }
  }
  assertEquals(seen.size, 1);
});

Deno.test("preflights are counted for their address, as many as edits and apart from other requests", async () => {
  const { call } = createTestServer({
    ...ALLOWING,
    config: { ...ALLOWING.config, limits: { opRequests: 3 } },
  });
  const ask = (address: string, origin = APP) =>
    call("OPTIONS", "/api/worlds", undefined, { origin, "access-control-request-method": "GET" }, address);
  for (let left = 2; left >= 0; left--) {
    const { status, headers } = await ask("192.0.2.1");
    assertEquals([status, headers.get("ratelimit-remaining")], [204, String(left)]);
  }
  const refused = await ask("192.0.2.1");
  assertEquals(refused.headers.get("access-control-allow-origin"), APP);
  assertStringIncludes(String((await problemOf(refused, "RATE_LIMITED"))["detail"]), '"preflights"');
  assertEquals((await ask("192.0.2.2")).status, 204);
  const edit = await call("DELETE", "/api/worlds/main/voxels", undefined, bearer("a-key"), "192.0.2.1");
  assertEquals(edit.status, 200);
});

Deno.test("pages of an allowed origin may read every answer, refusals and limits among them", async () => {
  const { call } = createTestServer({
    ...ALLOWING,
    config: { ...ALLOWING.config, limits: { httpRequests: 1 } },
  });
  const list = (headers: Record<string, string>) =>
    call("GET", "/api/worlds", undefined, { origin: APP, ...headers });
  for (const [headers, status] of [[{}, 401], [bearer("a-key"), 200], [bearer("a-key"), 429]] as const) {
    const response = await list(headers);
    assertEquals([response.status, response.headers.get("access-control-allow-origin")], [status, APP]);
    assertStringIncludes(response.headers.get("access-control-expose-headers")!, "RateLimit-Remaining");
    assertStringIncludes(response.headers.get("access-control-expose-headers")!, "Retry-After");
    assertStringIncludes(response.headers.get("vary")!, "Origin");
  }
});

Deno.test("with credentials as without, pages of other sites get 403 whatever they show", async () => {
  for (const options of [ALLOWING, {}, { config: { security: { allowedOrigins: [APP] } } }]) {
    const { call, upgrades, main } = createTestServer(options);
    const foreign = { origin: "https://evil.example", ...bearer("a-key") };
    for (
      const [method, path] of [["GET", "/api/health"], ["GET", "/"], ["DELETE", "/api/worlds/main"]] as const
    ) {
      const response = await call(method, path, undefined, foreign);
      assertEquals(response.headers.get("access-control-allow-origin"), null);
      await problemOf(response, "FORBIDDEN");
    }
    await problemOf(await call("GET", "/ws/render", undefined, { ...UPGRADE, ...foreign }), "FORBIDDEN");
    assertEquals([upgrades.length, main.seq], [0, 0]);
  }
});

Deno.test("sockets of an allowed origin are upgraded", async () => {
  const { call, upgrades } = createTestServer(ALLOWING);
  await (await call("GET", "/ws/render", undefined, { ...UPGRADE, origin: APP, ...bearer("a-key") })).body
    ?.cancel();
  assertEquals(upgrades.length, 1);
});

Deno.test("without allowed origins no CORS header goes out, and OPTIONS is no preflight", async () => {
  const { call } = createTestServer();
  const own = { origin: ORIGIN, host: "127.0.0.1:7090" };
  const response = await call("GET", "/api/worlds", undefined, own);
  assertEquals(response.status, 200);
  assert(![...response.headers.keys()].some((name) => name.startsWith("access-control-")));
  const options = await call("OPTIONS", "/api/worlds", undefined, {
    ...own,
    "access-control-request-method": "GET",
  });
  await problemOf(options, "METHOD_NOT_ALLOWED");
});

Deno.test("a foreign host name is refused on loopback without credentials only", async () => {
  const headers = { host: "rebound.example:7090" };
  await problemOf(await createTestServer().call("GET", "/api/info", undefined, headers), "FORBIDDEN");
  const closed = createTestServer({ principals: KEYS });
  await problemOf(await closed.call("GET", "/api/info", undefined, headers), "UNAUTHORIZED");
  assertEquals(
    (await closed.call("GET", "/api/info", undefined, { ...headers, ...bearer("a-key") })).status,
    200,
  );
});
