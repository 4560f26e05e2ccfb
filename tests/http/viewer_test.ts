import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createFileAssets } from "../../src/http/mod.ts";
import { needs, testWith } from "../support/needs.ts";
import { createTestServer, problemOf } from "./server.ts";
import { modelNeeds } from "../support/real_models.ts";

const FILES = { "index.html": "<!doctype html>", "viewer.js": "go()", "viewer.css": "body{}" };

Deno.test("the viewer page and its files are served with their types, a strict policy and an ETag", async () => {
  const { call } = createTestServer({ assets: FILES });
  const page = await call("GET", "/");
  assertEquals([page.status, await page.text()], [200, "<!doctype html>"]);
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  const policy = page.headers.get("content-security-policy")!;
  assertStringIncludes(policy, "connect-src 'self' ws://127.0.0.1:7090 wss://127.0.0.1:7090");
  assertStringIncludes(policy, "worker-src 'self'");
  assert(!policy.includes("unsafe"), policy);
  const script = await call("GET", "/assets/viewer.js");
  assertEquals(script.headers.get("content-type"), "text/javascript; charset=utf-8");
  await script.body?.cancel();
  await problemOf(await call("GET", "/assets/nothing.js"), "NOT_FOUND");
});

Deno.test("If-None-Match with the ETag gives 304 without a body", async () => {
  const { call } = createTestServer({ assets: FILES });
  for (const path of ["/", "/assets/viewer.js"]) {
    const first = await call("GET", path);
    await first.body?.cancel();
    const etag = first.headers.get("etag")!;
    assertEquals(first.headers.get("cache-control"), "no-cache");
    const again = await call("GET", path, undefined, { "if-none-match": `"x", ${etag}` });
    assertEquals([again.status, await again.text(), again.headers.get("etag")], [304, "", etag]);
    const other = await call("GET", path, undefined, { "if-none-match": '"x"' });
    assertEquals(other.status, 200);
    await other.body?.cancel();
  }
});

Deno.test("a host that would break out of the policy is left out of it", async () => {
  const { call } = createTestServer({
    assets: FILES,
    config: { host: "0.0.0.0", security: { apiKey: "0123456789", trustProxy: ["192.0.2.1"] } },
  });
  const page = await call("GET", "/", undefined, { host: "evil'; script-src *" });
  await page.body?.cancel();
  assertStringIncludes(page.headers.get("content-security-policy")!, "connect-src 'self';");
});

Deno.test("without a bundle the page says what to do, with 503", async () => {
  const { call } = createTestServer({ assets: { "index.html": "<!doctype html>" } });
  const page = await call("GET", "/");
  assertEquals(page.status, 503);
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  assertStringIncludes(await page.text(), "deno task build");
});

testWith(modelNeeds, "files come from the first folder that has them, once read they are kept", async () => {
  const here = new URL("./", import.meta.url);
  const assets = createFileAssets([new URL("./absent/", here), new URL("../golden/", here)]);
  const first = await assets.read("frames.json");
  assertEquals(first!.contentType, "application/json");
  assertEquals(await assets.read("frames.json"), first);
  assert((await assets.read("frames.json"))!.bytes === first!.bytes);
});

Deno.test("names that leave the folder, hide, or are of no known kind are not served", async () => {
  const assets = createFileAssets([new URL("./", import.meta.url)]);
  const names = [
    "../http/server.ts",
    "server.ts",
    ".hidden.js",
    "..",
    "",
    "a/b.js",
    "%2e%2e.js",
    "x.js\0.html",
    "C:x.js",
  ];
  for (const name of names) assertEquals([name, await assets.read(name)], [name, undefined]);
  assertEquals(await assets.read("constructor"), undefined);
  const { call } = createTestServer({ deps: { assets } });
  for (const path of ["/assets/..%2fserver.ts", "/assets/%2e%2e%2f%2e%2e%2fdeno.json", "/assets/server.ts"]) {
    await problemOf(await call("GET", path), "NOT_FOUND");
  }
});

testWith(
  await needs({ write: "tmp" }, { read: true }),
  "a file that is not there yet is found once it is, and then kept",
  async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/viewer.js`;
    const assets = createFileAssets([new URL(`file://${folder}/`)]);
    const { call } = createTestServer({ deps: { assets } });
    try {
      await problemOf(await call("GET", "/assets/viewer.js"), "NOT_FOUND");
      await Deno.writeTextFile(file, "first");
      assertEquals(await (await call("GET", "/assets/viewer.js")).text(), "first");
      await Deno.writeTextFile(file, "second");
      assertEquals(await (await call("GET", "/assets/viewer.js")).text(), "first");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("a file that cannot be read for another reason is an error, not an absent file", async () => {
  const assets = createFileAssets([new URL("http://127.0.0.1/")]);
  await assertRejects(() => assets.read("a.js"));
});
