import { assertEquals } from "@std/assert";
import { isAllowedOrigin, originProblem } from "../../src/security/mod.ts";

function problem(host: string | undefined, origin?: string, boundToLoopback = true): string | undefined {
  const headers = new Headers();
  if (host !== undefined) headers.set("host", host);
  if (origin !== undefined) headers.set("origin", origin);
  return originProblem(new Request("http://127.0.0.1:7090/", { headers }), { boundToLoopback });
}

Deno.test("the same host and port, a default port written out or not, and no Origin at all are fine", () => {
  assertEquals(problem("127.0.0.1:7090"), undefined);
  assertEquals(problem(undefined), undefined);
  assertEquals(problem("127.0.0.1:7090", "http://127.0.0.1:7090"), undefined);
  assertEquals(problem("localhost", "http://localhost:80"), undefined);
  assertEquals(problem("localhost:443", "https://localhost"), undefined);
  assertEquals(problem("LOCALHOST:7090", "http://localhost:7090"), undefined);
  assertEquals(problem("[::1]:7090", "http://[::1]:7090"), undefined);
});

Deno.test("another host, port, or an opaque origin is foreign", () => {
  const origins = [
    "http://evil.example",
    "http://127.0.0.1:8080",
    "http://localhost:7090",
    "null",
    "",
    "file://",
    "x",
  ];
  origins.push("http://127.0.0.1:7090.evil.example", "http://user@127.0.0.1:7090", "ftp://127.0.0.1:7090");
  for (const origin of origins) {
    assertEquals([origin, problem("127.0.0.1:7090", origin)], [origin, "foreign-origin"]);
  }
});

Deno.test("a server bound to loopback answers to loopback names only", () => {
  for (
    const host of ["localhost", "app.localhost:1", "127.0.0.1", "127.9.9.9:7090", "[::1]", "localhost.:7090"]
  ) {
    assertEquals([host, problem(host)], [host, undefined]);
  }
  const foreign = [
    "evil.example:7090",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "notlocalhost",
    "10.0.0.1",
    "",
    "a b",
  ];
  foreign.push("localhost@evil.example", "evil.example/localhost", "0.0.0.0:7090");
  for (const host of foreign) {
    assertEquals([host, problem(host, `http://${host}`)], [host, "foreign-host"]);
  }
});

Deno.test("a server bound to a public address takes any host but still no foreign page", () => {
  assertEquals(problem("voxels.example", undefined, false), undefined);
  assertEquals(problem("voxels.example", "https://voxels.example", false), undefined);
  assertEquals(problem("voxels.example", "https://evil.example", false), "foreign-origin");
});

Deno.test("an allowed origin may come from elsewhere, by scheme, host and port, and nothing that looks like it", () => {
  const allowed = ["https://app.example.com", "http://localhost:5173", "https://b.example:8443"];
  for (
    const origin of [
      "https://app.example.com",
      "https://APP.example.com:443",
      "http://localhost:5173",
      "https://b.example:8443",
    ]
  ) {
    assertEquals([origin, isAllowedOrigin(origin, allowed)], [origin, true]);
  }
  const foreign = [
    "http://app.example.com",
    "https://app.example.com:444",
    "https://app.example.com.evil.example",
    "https://evil.example",
    "https://example.com",
    "https://xapp.example.com",
    "https://app.example.com@evil.example",
    "https://evil.example/https://app.example.com",
    "http://localhost",
    "http://localhost:51730",
    "null",
    "",
    "file://",
    "*",
  ];
  for (const origin of foreign) assertEquals([origin, isAllowedOrigin(origin, allowed)], [origin, false]);
  assertEquals(isAllowedOrigin("null", ["null"]), false);
});

Deno.test("an allowed origin does not make up for a foreign host name", () => {
  const rule = { boundToLoopback: true, allowedOrigins: ["https://app.example.com"] };
  const from = (host: string): string | undefined =>
    originProblem(new Request("http://x/", { headers: { host, origin: "https://app.example.com" } }), rule);
  assertEquals(from("127.0.0.1:7090"), undefined);
  assertEquals(from("evil.example:7090"), "foreign-host");
});
