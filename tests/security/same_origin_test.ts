import { assertEquals } from "@std/assert";
import { originProblem } from "../../src/security/mod.ts";

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
