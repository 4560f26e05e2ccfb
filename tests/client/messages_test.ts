import { assert, assertEquals, assertThrows } from "@std/assert";
import { keyHeaders, keySubprotocols } from "../../src/client/api_key.ts";
import { registerText, viewportText } from "../../src/client/client_message.ts";
import { closeVerdict } from "../../src/client/close_verdict.ts";
import { parseServerMessage } from "../../src/client/mod.ts";
import { CLOSE_CODES, errorMessage, parseClientMessage, VoxcastError } from "../../src/protocol/mod.ts";
import { createApiKeyCheck } from "../../src/security/mod.ts";
import { registeredText, viewFrom } from "./fake_server.ts";

Deno.test("the server reads what the viewer writes", () => {
  const register = parseClientMessage(registerText("me", "garden", viewFrom(3)));
  assert(register.type === "REGISTER_CLIENT");
  assertEquals([register.clientId, register.world, register.codecs], ["me", "garden", [2]]);
  assertEquals(register.kind, "esvo", "named, as a world's own may be another");
  assertEquals(register.viewport, viewFrom(3));
  const anywhere = parseClientMessage(registerText("me", undefined, viewFrom(3)));
  assert(anywhere.type === "REGISTER_CLIENT");
  assertEquals(anywhere.world, undefined);
  const update = parseClientMessage(viewportText("me", viewFrom(4)));
  assert(update.type === "UPDATE_VIEWPORT");
  assertEquals(update.viewport, viewFrom(4));
});

Deno.test("the viewer reads what the server writes", () => {
  const registered = parseServerMessage(registeredText(77));
  assert(registered.type === "REGISTERED");
  const { registration } = registered;
  assertEquals([registration.world, registration.epoch, registration.session], ["main", 77, "s1"]);
  assertEquals([registration.level, registration.depth], [4, 6]);
  assertEquals(registration.bounds, { min: [0, 0, 0], max: [1024, 1024, 1024] });
  assertEquals(registration.contentBounds, { min: [0, 0, 0], max: [64, 64, 64] });
  const busy = parseServerMessage(errorMessage(new VoxcastError("BUSY", "Wait", { retryAfterMs: 9 }), 0));
  assertEquals(busy, {
    type: "ERROR",
    error: { code: "BUSY", message: "Wait", retryable: true, retryAfterMs: 9 },
  });
});

Deno.test("an ERROR of the first protocol, which has only a message, is read too", () => {
  const plain = parseServerMessage('{"type":"ERROR","message":"Missing \'viewport\' field"}');
  assert(plain.type === "ERROR");
  assertEquals(plain.error.message, "Missing 'viewport' field");
});

Deno.test("a message that lacks what cannot be done without is refused in words", () => {
  assertThrows(() => parseServerMessage("[]"), TypeError, "no type");
  assertThrows(() => parseServerMessage("3"), TypeError, "message is no object");
  const registered = JSON.parse(registeredText(1));
  for (const field of ["world", "epoch", "bounds", "level", "depth"]) {
    const data = { ...registered.data, [field]: undefined };
    assertThrows(() => parseServerMessage(JSON.stringify({ type: "REGISTERED", data })), TypeError, field);
  }
});

Deno.test("the key goes in a header, and in a subprotocol that the server knows how to read", async () => {
  const key = "a key / with + unusual = signs: \u00e9\u20ac";
  const check = createApiKeyCheck(key);
  const request = new Request("http://localhost/ws/render", {
    headers: { upgrade: "websocket", "sec-websocket-protocol": keySubprotocols(key).join(", ") },
  });
  assertEquals(await check.admits(request), true);
  assertEquals(keyHeaders("abc"), { authorization: "Bearer abc" });
  assertEquals([keySubprotocols(undefined), keyHeaders(undefined)], [[], {}]);
});

Deno.test("every close code is taken as its table says; an unasked farewell is a loss", () => {
  for (const entry of Object.values(CLOSE_CODES)) {
    const verdict = closeVerdict(entry.code, "");
    assertEquals([verdict.reconnect, verdict.code, verdict.reason], [
      entry.reconnect,
      entry.name,
      entry.reason,
    ]);
  }
  assertEquals(closeVerdict(1006, "").reconnect, true);
  assertEquals(closeVerdict(1000, "").reconnect, true);
  assertEquals(closeVerdict(4001, "Full, try server b").reason, "Full, try server b");
});
