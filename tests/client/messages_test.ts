import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  bytesAckMessage,
  messageText,
  registerMessage,
  viewportMessage,
} from "../../src/client/client_message.ts";
import { readError } from "../../src/client/client_error.ts";
import { closeVerdict } from "../../src/client/close_verdict.ts";
import { parseServerMessage, readRegistration } from "../../src/client/server_message.ts";
import {
  CLOSE_CODES,
  errorMessage,
  ERRORS,
  FEATURES,
  parseClientMessage,
  VoxcastError,
} from "../../src/protocol/mod.ts";
import { readRequestCredential } from "../../src/security/request_credential.ts";
import { ticketSubprotocols } from "../../src/client/admission.ts";
import { registeredText, viewFrom } from "./fake_server.ts";

Deno.test("the server reads what the client writes", () => {
  const fields = {
    clientId: "me",
    world: "garden",
    viewport: { ...viewFrom(3), heightPx: 720 },
    features: FEATURES,
    pushIntervalMs: 100,
  };
  const register = parseClientMessage(messageText(registerMessage(fields), "7"));
  assert(register.type === "REGISTER_CLIENT");
  assertEquals([register.clientId, register.world, register.codecs, register.id], ["me", "garden", [2], "7"]);
  assertEquals(register.kind, "esvo", "named, as a world's own may be another");
  assertEquals(register.viewport, { ...viewFrom(3), heightPx: 720 });
  assertEquals([register.features, register.intervalMs], [FEATURES, 100]);
  const plain = {
    ...fields,
    world: undefined,
    viewport: viewFrom(3),
    features: [],
    pushIntervalMs: undefined,
  };
  const anywhere = parseClientMessage(messageText(registerMessage(plain)));
  assert(anywhere.type === "REGISTER_CLIENT");
  assertEquals([anywhere.world, anywhere.features, anywhere.intervalMs], [undefined, [], undefined]);
  assertEquals(anywhere.viewport, viewFrom(3));
  const ack = parseClientMessage(messageText(bytesAckMessage(12_345)));
  assert(ack.type === "ACK" && !("ackId" in ack));
  assertEquals(ack.receivedBytes, 12_345);
  const update = parseClientMessage(messageText(viewportMessage("me", viewFrom(4))));
  assert(update.type === "UPDATE_VIEWPORT");
  assertEquals(update.viewport, viewFrom(4));
});

Deno.test("the client reads what the server writes", () => {
  const registered = parseServerMessage(registeredText(77, "q1"));
  assertEquals([registered.type, registered.ref, registered.id], ["REGISTERED", "q1", undefined]);
  const registration = readRegistration(registered.data);
  assertEquals([registration.world, registration.epoch, registration.session], ["main", 77, "s1"]);
  assertEquals([registration.level, registration.depth], [4, 6]);
  assertEquals(registration.bounds, { min: [0, 0, 0], max: [1024, 1024, 1024] });
  assertEquals(registration.contentBounds, { min: [0, 0, 0], max: [64, 64, 64] });
  assertEquals(registration.limits, { max_message_bytes: 65536 });
  assertEquals([registration.features, registration.ackIntervalMs, registration.resumed], [[], 50, false]);
  const busy = readError(
    parseServerMessage(errorMessage(new VoxcastError("BUSY", "Wait", { retryAfterMs: 9 }), 0)).data,
  );
  assertEquals([busy.code, busy.message, busy.retryable, busy.retryAfterMs], ["BUSY", "Wait", true, 9]);
  assertEquals([busy.number, busy.category], [ERRORS.BUSY.number, "limit"]);
});

Deno.test("an ERROR of the first protocol, which has only a message, is read too, and so is a code not known yet", () => {
  const plain = parseServerMessage('{"type":"ERROR","message":"Missing \'viewport\' field"}');
  assertEquals(readError(plain.data).message, "Missing 'viewport' field");
  const later = readError({ code: "toString", message: "?", retryable: true });
  assertEquals([later.code, later.number, later.retryable], ["toString", 0, true]);
  assertEquals(readError(undefined, "UNAUTHORIZED").number, 20001);
});

Deno.test("a message that lacks what cannot be done without is refused in words", () => {
  assertThrows(() => parseServerMessage("[]"), TypeError, "message is no object");
  assertThrows(() => parseServerMessage("3"), TypeError, "message is no object");
  assertThrows(() => parseServerMessage("{}"), TypeError, "no type");
  const { data } = JSON.parse(registeredText(1));
  for (const field of ["world", "epoch", "bounds", "level", "depth"]) {
    assertThrows(() => readRegistration({ ...data, [field]: undefined }), TypeError, field);
  }
});

Deno.test("a ticket goes in a subprotocol that the server knows how to read", () => {
  const request = new Request("http://localhost/ws/render", {
    headers: { upgrade: "websocket", "sec-websocket-protocol": ticketSubprotocols("abc_-123").join(", ") },
  });
  assertEquals(readRequestCredential(request, { allowQueryToken: false, opensSocket: true }), {
    kind: "ticket",
    ticket: "abc_-123",
  });
});

Deno.test("every close code is taken as its table says; an unasked farewell is a loss", () => {
  for (const entry of Object.values(CLOSE_CODES)) {
    const verdict = closeVerdict(entry.code, "");
    assertEquals([verdict.code, verdict.message], [entry.name, entry.reason]);
    assertEquals(verdict.retryable, entry.reconnect || entry.code === 1000);
  }
  assertEquals([closeVerdict(1006, "").retryable, closeVerdict(1006, "").code], [true, "CONNECTION_LOST"]);
  assertEquals(closeVerdict(4001, "Full, try server b").message, "Full, try server b");
});
