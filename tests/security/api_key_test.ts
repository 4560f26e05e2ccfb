import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createApiKeyCheck, KEY_SUBPROTOCOL_PREFIX, keySubprotocol } from "../../src/security/mod.ts";
import { runs } from "../support/runs.ts";

const KEY = "correct-horse+battery/staple=1";

function request(headers: Record<string, string>): Request {
  return new Request("http://127.0.0.1/x", { headers });
}

function upgrade(protocols: string): Request {
  return request({ upgrade: "WebSocket", "sec-websocket-protocol": protocols });
}

Deno.test("the right bearer key is admitted, whatever the case of the scheme", () => {
  const check = createApiKeyCheck(KEY);
  assert(check.admits(request({ authorization: `Bearer ${KEY}` })));
  assert(check.admits(request({ authorization: `bearer  ${KEY} ` })));
});

Deno.test("no key, a wrong one, another scheme, and parts of the right one are not admitted", () => {
  const check = createApiKeyCheck(KEY);
  const headers = ["", "Bearer", "Bearer ", `Basic ${KEY}`, KEY, `Bearer ${KEY}x`, `Bearer ${KEY.slice(1)}`];
  headers.push(
    `Bearer x ${KEY}`,
    `Bearer ${KEY}, Bearer x`,
    `Bearer ${KEY.toUpperCase()}`,
    `Bearer ${"x".repeat(10_000)}`,
  );
  for (const authorization of headers) assertEquals(check.admits(request({ authorization })), false);
  assertEquals(check.admits(request({})), false);
  assertEquals(check.admits(new Request(`http://127.0.0.1/?apiKey=${KEY}&key=${KEY}`)), false);
});

Deno.test("a WebSocket may bring the key as a subprotocol, an ordinary request may not", () => {
  const check = createApiKeyCheck(KEY);
  assert(check.admits(upgrade(`voxcast, ${keySubprotocol(KEY)}`)));
  assert(check.admits(upgrade(keySubprotocol(KEY))));
  assert(check.admits(request({ upgrade: "websocket", authorization: `Bearer ${KEY}` })));
  const ordinary = request({ "sec-websocket-protocol": keySubprotocol(KEY) });
  assertEquals(check.admits(ordinary), false);
  for (
    const wrong of [
      "voxcast",
      keySubprotocol("wrong"),
      KEY_SUBPROTOCOL_PREFIX,
      `${KEY_SUBPROTOCOL_PREFIX}***`,
    ]
  ) {
    assertEquals(check.admits(upgrade(`voxcast, ${wrong}`)), false);
  }
});

Deno.test("a key is compared as a whole hash: one of another length is no error", () => {
  const check = createApiKeyCheck("k");
  assertEquals(check.admits(request({ authorization: "Bearer kk" })), false);
  assertThrows(() => createApiKeyCheck(""), RangeError);
});

Deno.test("property: every key makes a valid subprotocol name, which admits that key and no other", () => {
  const key = fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" });
  fc.assert(
    fc.property(key, key, (mine, other) => {
      const name = keySubprotocol(mine);
      // The token characters of RFC 9110, which browsers insist on.
      assert(/^[A-Za-z0-9._-]+$/.test(name), name);
      assertEquals(createApiKeyCheck(mine).admits(upgrade(name)), true);
      assertEquals(createApiKeyCheck(other).admits(upgrade(name)), mine === other);
    }),
    { numRuns: runs(100) },
  );
});
