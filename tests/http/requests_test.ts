import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { defaultConfig } from "../../src/config/mod.ts";
import { principal } from "./principals.ts";
import { createTestServer, problemOf } from "./server.ts";

const JSON_TYPE = { "content-type": "application/json" };
const VOXELS = "/api/worlds/main/voxels";

/** A body without a length, in pieces, that tells how much of it was asked for. */
function chunked(
  pieces: number,
  pieceBytes: number,
): { stream: ReadableStream<Uint8Array<ArrayBuffer>>; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (taken === pieces) return controller.close();
      taken++;
      controller.enqueue(new Uint8Array(pieceBytes).fill(0x20));
    },
  });
  return { stream, taken: () => taken };
}

Deno.test("an unknown address is 404, a wrong method 405 with the right ones, both as problems", async () => {
  const { call } = createTestServer();
  for (const path of ["/nothing", "/api", "/api/worlds/main/entities/a/b", "/assets/a/b", "/api/health/"]) {
    await problemOf(await call("GET", path), "NOT_FOUND");
  }
  const allow: Record<string, string> = {
    "/api/health": "GET, HEAD",
    "/api/worlds": "GET, HEAD, POST",
    "/api/worlds/main": "DELETE, GET, HEAD",
    "/api/worlds/main/voxels": "DELETE, GET, HEAD, POST",
    "/api/worlds/main/entities/a": "DELETE, GET, HEAD, PATCH, PUT",
    "/api/worlds/main/entities/bulk": "DELETE, GET, HEAD, PATCH, POST, PUT",
    "/": "GET, HEAD",
  };
  for (const [path, methods] of Object.entries(allow)) {
    const response = await call("OPTIONS", path);
    assertEquals([path, response.status, response.headers.get("allow")], [path, 405, methods]);
    await problemOf(response, "METHOD_NOT_ALLOWED");
  }
});

Deno.test("a Host that makes no address is 400 with a request id, counted like any other", async () => {
  const { app, log, deps } = createTestServer({
    principals: { "a-key": principal("owner") },
    config: { limits: { httpRequests: 2 } },
  });
  const send = (url: string) => {
    const request = new Request("http://127.0.0.1/");
    Object.defineProperty(request, "url", { value: url });
    return app.fetch(request, { remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 5 } });
  };
  for (const host of ["a b", "[::"]) {
    const response = await send(`http://${host}/ws/render?ticket=secret`);
    assertEquals(response.status, 400);
    const problem = await problemOf(response, "INVALID_FIELD");
    assertEquals(problem["request_id"], response.headers.get("x-request-id"));
    assertStringIncludes(String(problem["detail"]), "Host");
  }
  await problemOf(await send("http://x:99999/"), "RATE_LIMITED");
  assert(!JSON.stringify(log).includes("secret"));
  const text = await deps.metrics.prometheus();
  assertStringIncludes(text, 'voxcast_http_requests_total{method="other",route="none",status="400"} 2');
});

Deno.test("HEAD answers as GET without the body", async () => {
  const { call } = createTestServer();
  const response = await call("HEAD", "/api/health");
  assertEquals([response.status, await response.text()], [200, ""]);
  assertEquals((await call("HEAD", "/api/worlds/nowhere")).status, 404);
});

Deno.test("the limit of a body holds by its length and, without one, while it is read", async () => {
  const { call } = createTestServer({ config: { http: { maxBodyBytes: 4096 } } });
  const declared = chunked(1, 10);
  const early = await call("POST", VOXELS, declared.stream, { ...JSON_TYPE, "content-length": "4097" });
  assertEquals(early.status, 413);
  await problemOf(early, "PAYLOAD_TOO_LARGE");
  const endless = chunked(1000, 1024);
  await problemOf(await call("POST", VOXELS, endless.stream, JSON_TYPE), "PAYLOAD_TOO_LARGE");
  assert(endless.taken() < 12, `${endless.taken()} KiB were read`);
  // Exactly the limit is fine.
  const text = '{"voxels":[]}'.padEnd(4096, " ");
  assertEquals((await call("POST", VOXELS, text, JSON_TYPE)).status, 200);
});

Deno.test("a small gzip body that inflates beyond the limit is refused before it has inflated", async () => {
  const { call } = createTestServer({ config: { http: { maxBodyBytes: 65_536 } } });
  const bomb = await new Response(chunked(300, 65_536).stream.pipeThrough(new CompressionStream("gzip")))
    .bytes();
  assert(bomb.length < 60_000, `${bomb.length} bytes`);
  const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
  await problemOf(await call("POST", VOXELS, bomb, headers), "PAYLOAD_TOO_LARGE");
});

Deno.test("a gzip body without end that inflates to nothing is cut off all the same", async () => {
  const { call } = createTestServer({ config: { http: { maxBodyBytes: 4096 } } });
  let taken = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (++taken === 1000) return controller.close();
      // A gzip header, then stored blocks of no bytes.
      const gzipHeader = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
      const empty = Array.from({ length: 200 }, () => [0, 0, 0, 0xff, 0xff]).flat();
      controller.enqueue(Uint8Array.from(taken === 1 ? gzipHeader : empty));
    },
  });
  const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
  await problemOf(await call("POST", VOXELS, stream, headers), "PAYLOAD_TOO_LARGE");
  assert(taken < 20, `${taken} pieces were read`);
});

Deno.test("JSON is refused when it is deep, broken, not UTF-8, or called something else", async () => {
  const { call } = createTestServer();
  const post = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
    call("POST", VOXELS, body, headers);
  await problemOf(await post(`{"voxels":${"[".repeat(100_000)}${"]".repeat(100_000)}}`), "JSON_TOO_COMPLEX");
  const broken = await problemOf(await post('{"voxels":[1,}'), "INVALID_JSON");
  assertEquals(broken["detail"], "The body is not JSON");
  await problemOf(await post(Uint8Array.of(0x22, 0xff, 0x22)), "INVALID_JSON");
  await problemOf(await post(""), "INVALID_JSON");
  const other = await post('{"voxels":[]}', { "content-type": "text/plain" });
  assertStringIncludes(other.headers.get("accept")!, "application/json");
  await problemOf(other, "UNSUPPORTED_MEDIA");
  await problemOf(await call("PUT", "/api/worlds/main/entities/a", new Uint8Array(3)), "UNSUPPORTED_MEDIA");
  assertEquals(
    (await post('{"voxels":[]}', { "content-type": "application/merge+json; charset=utf-8" })).status,
    200,
  );
});

Deno.test("a key that one object gives twice with different values is refused, as on the socket", async () => {
  const { call, main } = createTestServer();
  const voxel = (color: string) => `{"position":[1,2,3],"color":"#ffffff"${color}}`;
  const post = (color: string) => call("POST", VOXELS, `{"voxels":[${voxel(color)}]}`, JSON_TYPE);
  const { detail } = await problemOf(await post(',"color":"#000000"'), "CONFLICTING_FIELD");
  assertEquals([detail, main.seq], ["Field 'color' is given twice with different values", 0]);
  assertEquals((await post(',"color":"#ffffff"')).status, 200);
  const long = `{"${"k".repeat(2000)}":1,"${"k".repeat(2000)}":2}`;
  const cut = await problemOf(await call("POST", "/api/worlds", long, JSON_TYPE), "CONFLICTING_FIELD");
  assert((cut["detail"] as string).length < 200);
});

Deno.test("an absent field or parameter is called required, and what is not there by its name", async () => {
  const { call } = createTestServer();
  const detail = async (code: string, method: string, path: string, body?: unknown) =>
    (await problemOf(await call(method, path, body), code))["detail"];
  assertEquals(await detail("MISSING_FIELD", "GET", `${VOXELS}?max=1,1,1`), "min: this field is required");
  assertEquals(await detail("MISSING_FIELD", "POST", "/api/worlds", {}), "id: this field is required");
  assertEquals(await detail("WORLD_NOT_FOUND", "GET", "/api/worlds/attic"), "There is no world attic");
  const ghost = "/api/worlds/main/entities/ghost";
  for (const [method, body] of [["GET"], ["PATCH", { type: "fish" }], ["DELETE"]] as const) {
    assertEquals(await detail("ENTITY_NOT_FOUND", method, ghost, body), "There is no entity ghost");
  }
  const long = await detail("WORLD_NOT_FOUND", "GET", `/api/worlds/${"w".repeat(5000)}`);
  assert((long as string).length < 100);
});

Deno.test("a body nested deeper than is allowed is refused, brackets in strings not counted", async () => {
  const { call } = createTestServer({ config: { limits: { maxJsonDepth: 4 } } });
  const post = (item: string) => call("POST", VOXELS, `{"voxels":[${item}]}`, JSON_TYPE);
  const deep = await problemOf(await post("[[[]]]"), "JSON_TOO_COMPLEX");
  assertEquals([deep["detail"], deep["status"]], ["The JSON is nested deeper than 4 levels", 413]);
  assertEquals((await post("[[]]")).status, 200);
  assertEquals((await post('"[[[[[[[["')).status, 200);
  await problemOf(await call("POST", VOXELS, "[".repeat(100_000), JSON_TYPE), "JSON_TOO_COMPLEX");
});

Deno.test("an unexpected error is answered without its text and logged under the request id", async () => {
  const status = () => {
    throw new Error("secret of the house");
  };
  const { call, log } = createTestServer({ deps: { status } });
  const response = await call("GET", "/api/info");
  assertEquals(response.status, 500);
  const text = await response.clone().text();
  assert(!text.includes("secret"), text);
  const problem = await problemOf(response, "INTERNAL");
  const line = log.find(({ level }) => level === "error")!;
  assertEquals(problem["request_id"], line.fields["requestId"]);
  assertEquals(response.headers.get("x-request-id"), line.fields["requestId"] as string);
  assertStringIncludes(String(line.fields["error"]), "secret of the house");
});

Deno.test("every answer has its own request id and the security headers", async () => {
  const { call } = createTestServer();
  const ids = new Set<string>();
  for (const path of ["/", "/api/health", "/nothing", "/api/worlds/nowhere", "/assets/x.js", "/ws/render"]) {
    const { headers } = await call("GET", path);
    ids.add(headers.get("x-request-id")!);
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("x-frame-options"), "DENY");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("cross-origin-resource-policy"), "same-origin");
    assertStringIncludes(headers.get("content-security-policy")!, "default-src 'none'");
    assert(headers.has("cache-control"));
  }
  assertEquals(ids.size, 6);
});

Deno.test("what a client sends never comes back at length", async () => {
  const { call } = createTestServer();
  const name = "k".repeat(1_000_000);
  const response = await call("POST", "/api/worlds", { id: "a", [name]: 1 });
  assert((await response.text()).length < 2000);
});

Deno.test("how many values a JSON body may have depends on what it is for", async () => {
  const limits = { maxJsonValues: 100 };
  const { call } = createTestServer({ config: { http: { maxJsonValues: 200 }, limits } });
  const values = (count: number) => `{"x":[${"0,".repeat(count - 3)}0]}`;
  const routes = [
    ["POST", VOXELS, 200],
    ["POST", "/api/worlds/main/entities/bulk", 200],
    ["PUT", "/api/worlds/main/entities/a", 100],
    ["POST", "/api/worlds", 100],
    ["POST", "/api/tickets", 100],
  ] as const;
  for (const [method, path, most] of routes) {
    const fits = await call(method, path, values(most), JSON_TYPE);
    assertEquals([path, fits.status], [path, 400]);
    await fits.body?.cancel();
    const refused = await call(method, path, values(most + 1), JSON_TYPE);
    assertEquals([path, refused.status], [path, 413]);
    await problemOf(refused, "JSON_TOO_COMPLEX");
  }
});

Deno.test("bodies of a few fields are short, and not read any further", async () => {
  const { call } = createTestServer();
  for (const [path, body] of [["/api/worlds", '{"id":"b"}'], ["/api/tickets", "{}"]] as const) {
    assertEquals((await call("POST", path, body.padEnd(4096), JSON_TYPE)).status, 201);
    await problemOf(await call("POST", path, body.padEnd(4097), JSON_TYPE), "PAYLOAD_TOO_LARGE");
    const endless = chunked(1000, 1024);
    await problemOf(await call("POST", path, endless.stream, JSON_TYPE), "PAYLOAD_TOO_LARGE");
    assert(endless.taken() < 12, `${endless.taken()} KiB were read`);
    const many = new Blob([`{"x":[${"{},".repeat(1_000_000)}{}]}`]).stream();
    const bomb = await new Response(many.pipeThrough(new CompressionStream("gzip"))).bytes();
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    await problemOf(await call("POST", path, bomb, headers), "PAYLOAD_TOO_LARGE");
  }
});

Deno.test("voxels that fill the longest JSON body have no more values than it may have", () => {
  const { http } = defaultConfig();
  const shortest = JSON.stringify({ position: [1, 1, 1], color: null });
  const count = Math.floor((http.maxJsonBytes - '{"voxels":[]}'.length) / (shortest.length + 1));
  assert(2 + 6 * count <= http.maxJsonValues, `${2 + 6 * count} values`);
});
