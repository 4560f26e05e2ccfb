import { assert, assertEquals } from "@std/assert";
import { CLOSE_CODES, closeReason, ERRORS, shouldReconnect, VoxcastError } from "../../src/protocol/mod.ts";

const FIRST_DIGIT = { client: 1, auth: 2, limit: 3, state: 4, server: 5 } as const;

Deno.test("numbers of the catalogue are unique, have five digits, and begin with their category's", () => {
  const entries = Object.values(ERRORS);
  assertEquals(new Set(entries.map(({ number }) => number)).size, entries.length);
  for (const { number, category } of entries) {
    assertEquals(Math.floor(number / 10_000), FIRST_DIGIT[category]);
  }
});

Deno.test("every HTTP status is an error's and belongs to who has to act", () => {
  for (const [code, { httpStatus, category }] of Object.entries(ERRORS)) {
    assert(httpStatus >= 400 && httpStatus < 600, code);
    if (category === "client" || category === "state") assert(httpStatus < 500, code);
    if (category === "server") assert(httpStatus >= 500, code);
  }
});

Deno.test("an error that ends the connection has a code of the close table", () => {
  const closing = Object.entries(ERRORS).filter(([, { closeCode }]) => closeCode !== undefined);
  const known = Object.values(CLOSE_CODES).map(({ code }) => code as number);
  for (const [code, { closeCode }] of closing) assert(known.includes(closeCode!), code);
  assertEquals(closing.map(([code, { closeCode }]) => `${code} ${closeCode}`).sort(), [
    "AUTH_EXPIRED 4003",
    "AUTH_REQUIRED 4003",
    "BANNED 4008",
    "LOCKED_OUT 4003",
    "MESSAGE_TOO_LARGE 4002",
    "SERVER_FULL 4001",
    "SHUTTING_DOWN 1001",
    "UNAUTHORIZED 4003",
    "WORLD_FULL 4005",
  ]);
});

Deno.test("the seed's close codes have the seed's texts", () => {
  assertEquals(closeReason(CLOSE_CODES.SERVER_FULL.code), "Server full");
  assertEquals([CLOSE_CODES.SERVER_FULL.code, CLOSE_CODES.MESSAGE_TOO_LARGE.code] as number[], [4001, 4002]);
  assertEquals(closeReason(4002), "Message size limit exceeded");
  assertEquals(closeReason(4003), "Unauthorized");
  assertEquals(closeReason(1001), "Server shutdown");
});

Deno.test("close codes are unique, allowed, and short enough for a close frame", () => {
  const entries = Object.values(CLOSE_CODES);
  assertEquals(new Set(entries.map(({ code }) => code)).size, entries.length);
  for (const [name, entry] of Object.entries(CLOSE_CODES)) {
    assertEquals(entry.name, name);
    assert([1000, 1001, 1011].includes(entry.code) || (entry.code >= 4000 && entry.code < 5000));
    assert(new TextEncoder().encode(entry.reason).length <= 123);
  }
});

Deno.test("a client comes back after what may pass, and stays away after what will not", () => {
  for (const code of [1001, 1006, 1011, 4000, 4001, 4005, 4008, 4009, 4100, 4999]) {
    assert(shouldReconnect(code), `${code}`);
  }
  for (const code of [1000, 4002, 4003, 4004, 4006, 4007, 4010]) assert(!shouldReconnect(code), `${code}`);
});

Deno.test("a VoxcastError knows its entry and keeps its options", () => {
  const details = [{ index: 3, path: "position.1", code: "INVALID_FIELD", message: "No" }] as const;
  const error = new VoxcastError("BUSY", "Later", { retryAfterMs: 5, details, ref: "r", cause: "c" });
  assertEquals([error.name, error.message, error.code, error.retryAfterMs], [
    "VoxcastError",
    "Later",
    "BUSY",
    5,
  ]);
  assertEquals([error.details, error.ref, error.cause], [details, "r", "c"]);
  assertEquals(error.entry.httpStatus, 429);
  assert(error instanceof Error);
});
