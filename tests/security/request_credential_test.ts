import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AuthFailure } from "../../src/security/auth_failure.ts";
import { readRequestCredential, type ShownCredential } from "../../src/security/request_credential.ts";
import { keySubprotocol } from "../../src/security/mod.ts";
import { runs } from "../support/runs.ts";
import { bearer, request, upgrade } from "./auth_fixture.ts";

function read(shown: Request, allowQueryToken: boolean = true): ShownCredential | undefined {
  return readRequestCredential(shown, { allowQueryToken, opensSocket: true });
}

function reasonOf(shown: Request, allowQueryToken: boolean = true): string {
  return assertThrows(() => read(shown, allowQueryToken), AuthFailure).reason;
}

Deno.test("each place of a credential is read", () => {
  assertEquals(read(bearer("abc")), { kind: "bearer", value: "abc", looksLikeToken: false });
  assertEquals(read(bearer("a.b.c")), { kind: "bearer", value: "a.b.c", looksLikeToken: true });
  assertEquals(read(upgrade([keySubprotocol("k\u00e9y")])), { kind: "api-key", apiKey: "k\u00e9y" });
  assertEquals(read(upgrade(["voxcast.token.a.b.c"])), { kind: "token", token: "a.b.c" });
  assertEquals(read(upgrade(["voxcast.ticket.abc"])), { kind: "ticket", ticket: "abc" });
  assertEquals(read(upgrade([], "/x?ticket=abc")), { kind: "ticket", ticket: "abc" });
  assertEquals(read(upgrade([], "/x?auth_token=a.b.c")), { kind: "token", token: "a.b.c" });
  const signed = {
    kind: "signed",
    keyId: "id",
    timestampMs: 1_700_000_000_000,
    nonce: "n-o",
    signature: "ff",
  } as const;
  assertEquals(read(upgrade(["voxcast.signed.id.1700000000000.n-o.ff"])), signed);
  assertEquals(read(request({ authorization: "Voxcast id.1700000000.n-o.ff" })), signed);
  for (
    const none of [
      request({}),
      upgrade([]),
      upgrade(["other", "voxcast.keys"]),
      request({ authorization: "Basic x" }),
    ]
  ) {
    assertEquals(read(none), undefined);
  }
});

Deno.test("what opens no socket shows a credential in its header only, whatever Upgrade says", () => {
  const elsewhere = (shown: Request) =>
    readRequestCredential(shown, { allowQueryToken: true, opensSocket: false });
  for (
    const shown of [
      upgrade([keySubprotocol("key")]),
      upgrade(["voxcast.token.a.b.c"]),
      upgrade(["voxcast.signed.id.1700000000000.n-o.ff"]),
      upgrade(["voxcast.ticket.abc"], "/api/worlds?ticket=abc&ticket=def&auth_token=a.b.c"),
    ]
  ) {
    assertEquals(elsewhere(shown), undefined);
    shown.headers.set("authorization", "Bearer abc");
    assertEquals(elsewhere(shown), { kind: "bearer", value: "abc", looksLikeToken: false });
  }
});

Deno.test("what cannot be read is malformed, not absent", () => {
  const long = "x".repeat(9000);
  const malformed = [
    request({ authorization: "Bearer" }),
    request({ authorization: "Bearer a b" }),
    request({ authorization: `Bearer ${long}` }),
    request({ authorization: "Voxcast id.1.nonce" }),
    request({ authorization: "Voxcast id.now.nonce.ff" }),
    request({ authorization: "Voxcast id.1.nonce.ff.ff" }),
    upgrade(["voxcast.key."]),
    upgrade(["voxcast.key.***"]),
    upgrade(["voxcast.key._w"]),
    upgrade(["voxcast.signed.id"]),
    upgrade([long]),
  ];
  for (const shown of malformed) assertEquals(reasonOf(shown), "malformed");
  assertEquals(reasonOf(upgrade([], "/x?auth_token=a.b.c"), false), "query-token");
  assertEquals(reasonOf(upgrade([], "/x?ticket=a&ticket=b")), "several");
});

Deno.test("property: every key makes a subprotocol name that browsers take, and is read from it again", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }), (key) => {
      const name = keySubprotocol(key);
      // The token characters of RFC 9110, which browsers insist on.
      assert(/^[A-Za-z0-9._-]+$/.test(name), name);
      assertEquals(read(upgrade([name])), { kind: "api-key", apiKey: key });
    }),
    { numRuns: runs(100) },
  );
});
