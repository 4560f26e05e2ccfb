import { assert, assertEquals } from "@std/assert";
import { keySubprotocol } from "../../src/security/mod.ts";
import { UPGRADE } from "./principals.ts";
import { createTestServer, problemOf } from "./server.ts";

const KEY = "0123456789abcdef";
const WITH_KEY = { config: { security: { apiKey: KEY } } };
const BEARER = { authorization: `Bearer ${KEY}` };

Deno.test("with a key everything but the page, its files and health needs it", async () => {
  const { call, deps } = createTestServer({
    ...WITH_KEY,
    assets: { "index.html": "page", "viewer.js": "go()" },
  });
  assertEquals(deps.config.security.apiKey, KEY);
  for (const path of ["/", "/assets/viewer.js", "/api/health"]) {
    assertEquals((await call("GET", path)).status, 200);
  }
  const closed = [
    "/api/info",
    "/api/metrics",
    "/api/openapi.json",
    "/api/worlds",
    "/api/worlds/main",
    "/ws/stats",
  ];
  closed.push(
    "/ws/render",
    "/nothing",
    "/api/health/",
    "/assets",
    "/API/HEALTH",
    "//api/health",
    "/api/worlds/main/voxels",
  );
  for (const path of closed) {
    const response = await call("GET", path);
    assertEquals([path, response.status], [path, 401]);
    assertEquals(response.headers.get("www-authenticate"), 'Bearer realm="voxcast"');
    await problemOf(response, "UNAUTHORIZED");
  }
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    await problemOf(await call(method, "/api/worlds/main"), "UNAUTHORIZED");
  }
  assertEquals((await call("GET", "/api/worlds/main", undefined, BEARER)).status, 200);
});

Deno.test("a refused request is answered before its body is read, changes nothing, and tells nothing", async () => {
  const { call, main } = createTestServer(WITH_KEY);
  let pulled = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1024));
    },
  }, { highWaterMark: 0 });
  await problemOf(
    await call("POST", "/api/worlds/main/voxels", body, { "content-type": "application/json" }),
    "UNAUTHORIZED",
  );
  assertEquals(pulled, 0);
  await call("DELETE", "/api/worlds/main");
  assertEquals(main.seq, 0);
  // The same answer for a world that is there and one that is not.
  const text = async (path: string) => (await (await call("GET", path)).json()).detail;
  assertEquals(await text("/api/worlds/main"), await text("/api/worlds/nowhere"));
  assert(!(await text("/api/worlds/main")).includes("main"));
});

Deno.test("a WebSocket is upgraded only with the key, and only if it asks for an upgrade", async () => {
  const { call, upgraded } = createTestServer(WITH_KEY);
  const upgrade = UPGRADE;
  const render = (headers: Record<string, string>) =>
    call("GET", "/ws/render?world=main", undefined, headers);
  await problemOf(await render({ ...upgrade, "sec-websocket-protocol": "voxcast" }), "UNAUTHORIZED");
  await problemOf(
    await render({ ...upgrade, "sec-websocket-protocol": keySubprotocol("wrong") }),
    "UNAUTHORIZED",
  );
  assertEquals(upgraded.length, 0);
  const plain = await render(BEARER);
  assertEquals([plain.status, plain.headers.get("upgrade")], [426, "websocket"]);
  await problemOf(plain, "UNSUPPORTED_PROTOCOL");
  assertEquals(upgraded.length, 0);
  assertEquals(await (await render({ ...upgrade, ...BEARER })).text(), "upgraded");
  await render({ ...upgrade, "sec-websocket-protocol": `voxcast, ${keySubprotocol(KEY)}` });
  assertEquals(upgraded.length, 2);
  assertEquals(new URL(upgraded[0]!.url).searchParams.get("world"), "main");
});

Deno.test("an upgrade that fails although its handshake is whole is the server's fault", async () => {
  const upgrade = () => {
    throw new TypeError("not of the handshake");
  };
  const { call } = createTestServer({ deps: { upgrade } });
  const render = (headers: Record<string, string>) => call("GET", "/ws/render", undefined, headers);
  await problemOf(await render(UPGRADE), "INTERNAL");
  const half = await render({ ...UPGRADE, connection: "keep-alive" });
  assertEquals(half.status, 400);
  await problemOf(half, "UNSUPPORTED_PROTOCOL");
});

Deno.test("without a key, pages of other sites get 403 for everything, WebSockets included", async () => {
  const { call, main, upgraded } = createTestServer();
  const origin = { origin: "https://evil.example" };
  const voxels = { voxels: [{ position: [1, 1, 1], color: "#ffffff" }] };
  const attempts = [
    call("POST", "/api/worlds/main/voxels", voxels, origin),
    call("DELETE", "/api/worlds/main", undefined, origin),
    call("GET", "/api/worlds/main", undefined, origin),
    call("GET", "/", undefined, { origin: "null" }),
    call("GET", "/ws/render", undefined, { ...origin, upgrade: "websocket" }),
    call("GET", "/api/info", undefined, { host: "evil.example:7090" }),
    call("GET", "/api/info", undefined, { host: "evil.example:7090", origin: "http://evil.example:7090" }),
  ];
  for (const response of await Promise.all(attempts)) {
    assertEquals(response.status, 403);
    await problemOf(response, "FORBIDDEN");
  }
  assertEquals([main.seq, upgraded.length], [0, 0]);
  const own = { origin: "http://127.0.0.1:7090", host: "127.0.0.1:7090" };
  assertEquals((await call("POST", "/api/worlds/main/voxels", voxels, own)).status, 200);
  await call("GET", "/ws/render", undefined, { ...own, ...UPGRADE });
  assertEquals(upgraded.length, 1);
});
