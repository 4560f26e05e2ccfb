import { assertEquals } from "@std/assert";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import fc from "fast-check";
import { type ApiKeyEntry, ApiKeys, principalOfKey } from "../../src/security/api_keys.ts";
import { keySubprotocol } from "../../src/security/mod.ts";
import { sha256 } from "../../src/security/sha256.ts";
import { runs } from "../support/runs.ts";
import { authFixture, bearer, KEY, PEER, request, SOCKET, upgrade } from "./auth_fixture.ts";

function entry(id: string, key: string, more: Partial<ApiKeyEntry> = {}): ApiKeyEntry {
  return { id, role: "viewer", worlds: "all", hash: sha256(key), ...more };
}

Deno.test("the right bearer key is admitted, whatever the case of the scheme", async () => {
  using fixture = await authFixture();
  for (const authorization of [`Bearer ${KEY}`, `bearer  ${KEY} `, `BEARER ${KEY}`]) {
    const principal = await fixture.auth.ofRequest(request({ authorization }), PEER);
    assertEquals(principal, { id: "key:config", method: "api-key", role: "owner", worlds: "all" });
  }
  assertEquals(fixture.auth.stats.successes, 3);
});

Deno.test("no key, a wrong one, another scheme, and parts of the right one are not admitted", async () => {
  using fixture = await authFixture({ apiKey: KEY, maxAuthFailures: 1000 });
  const wrong = [
    `${KEY}x`,
    KEY.slice(1),
    KEY.toUpperCase(),
    `x ${KEY}`,
    `${KEY}, Bearer x`,
    "x".repeat(10_000),
    "",
  ];
  for (const value of wrong) {
    assertEquals(await fixture.codeOfRequest(bearer(value)), "UNAUTHORIZED");
  }
  for (const authorization of ["", `Basic ${KEY}`, KEY, `Bearer${KEY}`]) {
    assertEquals(await fixture.auth.ofRequest(request({ authorization }), PEER), undefined);
  }
  assertEquals(await fixture.auth.ofRequest(request({}), PEER), undefined);
  const inAddress = request({}, `/?apiKey=${encodeURIComponent(KEY)}&key=${encodeURIComponent(KEY)}`);
  assertEquals(await fixture.auth.ofRequest(inAddress, PEER), undefined);
  assertEquals(fixture.auth.stats.successes, 0);
});

Deno.test("several keys are taken, each plain or as its hash; the hash itself opens nothing", async () => {
  const hashed = `sha256:${sha256("the-other-key").toHex()}`;
  using fixture = await authFixture({
    apiKey: hashed,
    apiKeys: [KEY, `sha256:${sha256("third-key").toHex().toUpperCase()}`],
  });
  const ids = [];
  for (const key of ["the-other-key", KEY, "third-key"]) {
    ids.push((await fixture.auth.ofRequest(bearer(key), PEER))?.id);
  }
  assertEquals(ids, ["key:config", "key:config-1", "key:config-2"]);
  assertEquals(await fixture.codeOfRequest(bearer(hashed)), "UNAUTHORIZED");
});

Deno.test("a WebSocket may bring the key as a subprotocol, an ordinary request may not", async () => {
  using fixture = await authFixture();
  assertEquals((await fixture.auth.ofRequest(upgrade([keySubprotocol(KEY)]), SOCKET))?.id, "key:config");
  const ordinary = request({ "sec-websocket-protocol": keySubprotocol(KEY) });
  assertEquals(await fixture.auth.ofRequest(ordinary, PEER), undefined);
  assertEquals(await fixture.auth.ofRequest(upgrade([]), SOCKET), undefined);
  for (const wrong of [keySubprotocol("wrong"), "voxcast.key."]) {
    assertEquals(await fixture.codeOfRequest(upgrade([wrong]), SOCKET), "UNAUTHORIZED");
  }
});

Deno.test("a wrong key of any length takes the same way: one hash, then a comparison of 32 bytes with every key", () => {
  const compared: number[] = [];
  const keys = new ApiKeys([entry("a", "key-a"), entry("b", "key-b"), entry("c", "key-c")], (a, b) => {
    compared.push(a.byteLength, b.byteLength);
    return timingSafeEqual(a, b);
  });
  const shown = [
    "",
    "k",
    "key-",
    "key-x",
    "x".repeat(31),
    "x".repeat(32),
    "x".repeat(100_000),
    "\u20ac\u{1f600}",
  ];
  for (const key of [...shown, "key-a", "key-b", "key-c"]) {
    compared.length = 0;
    assertEquals(
      keys.find(key)?.id,
      key.startsWith("key-") && key.length === 5 && key !== "key-x" ? key.at(-1) : undefined,
    );
    assertEquals(compared, new Array(6).fill(32), key.slice(0, 10));
  }
});

Deno.test("what is refused is the same whether a key exists or not, and whatever is wrong with it", async () => {
  const messages = new Set<string>();
  using fixture = await authFixture({ apiKey: KEY, maxAuthFailures: 1000 });
  for (const key of ["x", `${KEY}x`, KEY.slice(0, -1), "a.b.c", "eyJh.eyJh.x"]) {
    await fixture.auth.ofRequest(bearer(key), PEER).catch((error: Error) => messages.add(error.message));
  }
  assertEquals([...messages], ["The credential is wrong"]);
  assertEquals(fixture.failures, { "wrong-key": 5 });
});

Deno.test("a key's principal has its role, worlds and end", () => {
  const worlds = new Set(["a"]);
  assertEquals(principalOfKey(entry("x", "k", { role: "moderator", worlds, expiresAtMs: 5 }), "hmac"), {
    id: "key:x",
    method: "hmac",
    role: "moderator",
    worlds,
    expiresAtMs: 5,
  });
});

Deno.test("property: a key is found among others, by itself and no other text", () => {
  const key = fc.string({ minLength: 0, maxLength: 40, unit: "grapheme" });
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 8 }), key, (all, other) => {
      const keys = new ApiKeys(all.map((text, i) => entry(String(i), text)));
      for (const [i, text] of all.entries()) assertEquals(keys.find(text)?.id, String(i));
      assertEquals(keys.find(other)?.id, all.includes(other) ? String(all.indexOf(other)) : undefined);
    }),
    { numRuns: runs(100) },
  );
});
