import { assert, assertEquals } from "@std/assert";
import { ClientError, type ClientStatus } from "../../src/client/mod.ts";
import { FrameRate } from "../../src/client/frame_rate.ts";
import { noticeFor } from "../../src/client/notice.ts";
import { bytesText, countText } from "../../src/client/number_text.ts";
import { pressureText } from "../../src/client/pressure_text.ts";
import { RateMeter } from "../../src/client/rate_meter.ts";
import { statusLabel } from "../../src/client/status_label.ts";

const FACTS = { world: "garden", hasContent: false, expectsContent: false, nowMs: 1000 };

function status(changes: Partial<ClientStatus>): ClientStatus {
  return {
    state: "connected",
    step: "none",
    error: undefined,
    retryAtMs: undefined,
    attempts: 0,
    isPolling: false,
    ...changes,
  };
}

function failure(code: string, message = "No"): ClientError {
  return new ClientError(message, { code, number: 0, category: "server", retryable: true });
}

Deno.test("numbers and sizes are short and have their units", () => {
  assertEquals([0, 999, 1000, 428739, 1234567].map(countText), ["0", "999", "1,000", "428,739", "1,234,567"]);
  assertEquals([0, 999, 1740, 16_800, 764_604, 999_600, 2.5e9].map(bytesText), [
    "0 B",
    "999 B",
    "1.74 kB",
    "16.8 kB",
    "765 kB",
    "1.00 MB",
    "2.50 GB",
  ]);
});

Deno.test("a picture needs no card, and no state without one is left without a next step", () => {
  const connecting = status({ state: "connecting", step: "opening" });
  assertEquals(noticeFor(status({}), { ...FACTS, hasContent: true }), undefined);
  assertEquals(noticeFor(connecting, { ...FACTS, hasContent: true }), undefined);
  assertEquals(noticeFor(connecting, FACTS)?.title, "Connecting");
  assertEquals(noticeFor({ ...connecting, state: "reconnecting" }, FACTS)?.title, "Connecting");
  assertEquals(noticeFor(status({}), { ...FACTS, expectsContent: true })?.title, "Loading");
  const empty = noticeFor(status({}), FACTS);
  assertEquals(empty?.command, "deno task voxcast import FILE --world garden");
  assertEquals(noticeFor(status({ state: "disconnected" }), FACTS)?.action, "retry");
});

Deno.test("while regions come over HTTP the pill says so, and no card stands before the picture", () => {
  const polling = status({ state: "reconnecting", step: "waiting", isPolling: true });
  assertEquals(statusLabel(polling).text, "Polling");
  assertEquals(statusLabel({ ...polling, isPolling: false }).text, "Reconnecting");
  assertEquals(noticeFor(polling, { ...FACTS, hasContent: true }), undefined);
  assertEquals(noticeFor(polling, FACTS)?.title, "Loading");
});

Deno.test("what is held back is said in a few words, each reason for as long as it holds", () => {
  assertEquals(pressureText(new Set()), "");
  assertEquals(pressureText(new Set(["slow"])), "Slow connection: detail follows");
  assertEquals(pressureText(new Set(["view"])), "More is in view than is sent: the edges are left out");
  assertEquals(
    pressureText(new Set(["slow", "memory"])),
    "Server memory is short: detail is reduced. Slow connection: detail follows",
  );
});

/** Waiting for the next attempt because of an error, with 3.2 s to go. */
function waiting(error: ClientError): ClientStatus {
  return status({ state: "reconnecting", step: "waiting", error, retryAtMs: 4200, attempts: 1 });
}

Deno.test("a lost connection counts down, and after some failures says how to start the server", () => {
  const lost = waiting(failure("CONNECTION_LOST", "The connection was lost"));
  const notice = noticeFor(lost, { ...FACTS, hasContent: true });
  assertEquals([notice?.title, notice?.text], ["The connection was lost", "Trying again in 4 s."]);
  assertEquals([notice?.action, notice?.command], ["retry", ""]);
  assertEquals(noticeFor({ ...lost, attempts: 3 }, FACTS)?.command, "deno task start");
});

Deno.test("what the server asks to wait for is named, with the time left; no button shortens a ban or a lock-out", () => {
  for (
    const [code, title, action] of [
      ["LOCKED_OUT", "Locked out for a moment", "none"],
      ["BANNED", "Banned for a while", "none"],
      ["RATE_LIMITED", "Too many requests", "retry"],
      ["SERVER_FULL", "The server is full", "retry"],
      ["WORLD_FULL", "This world is full", "retry"],
      ["ADDRESS_LIMIT", "Too many connections from here", "retry"],
      ["OVERLOADED", "The server is overloaded", "retry"],
      ["MEMORY", "The server ran short of memory", "retry"],
      ["NOT_OPENED", "The server takes no more connections now", "retry"],
    ] as const
  ) {
    const notice = noticeFor({ ...waiting(failure(code)), attempts: 9 }, FACTS);
    assertEquals([notice?.title, notice?.action, notice?.command], [title, action, ""]);
    assert(notice?.text.endsWith("Trying again in 4 s."), notice?.text);
  }
  const long = noticeFor({ ...waiting(failure("BANNED")), retryAtMs: 600_500 }, FACTS);
  assert(long?.text.endsWith("Trying again in 10 min 0 s."), long?.text);
  assertEquals(noticeFor(waiting(failure("toString")), FACTS)?.title, "No");
});

Deno.test("each refusal has its own way on", () => {
  const refused = (code: string) => noticeFor(status({ state: "failed", error: failure(code) }), FACTS);
  for (const code of ["UNAUTHORIZED", "AUTH_REQUIRED", "AUTH_EXPIRED", "NOT_ALLOWED"]) {
    assertEquals(refused(code)?.action, "sign-in");
  }
  assertEquals(refused("AUTH_EXPIRED")?.text, "The key has expired.");
  assertEquals(refused("WORLD_NOT_FOUND")?.action, "default-world");
  assert(refused("WORLD_NOT_FOUND")?.title.includes("garden"));
  assertEquals(refused("WORLD_GONE")?.action, "default-world");
  assertEquals([refused("KICKED")?.title, refused("KICKED")?.action], ["You were removed", "retry"]);
  assertEquals([refused("SESSION_TAKEN")?.title, refused("SESSION_TAKEN")?.action], [
    "This session goes on in another tab",
    "take-back",
  ]);
  assertEquals(refused("UNSUPPORTED_PROTOCOL")?.action, "retry");
});

Deno.test("a rate is that of the last two seconds", () => {
  const meter = new RateMeter();
  meter.add(1000, 0);
  meter.add(3000, 1500);
  assertEquals(meter.perSecond(1900), 2000);
  assertEquals(meter.perSecond(2100), 1500);
  assertEquals(meter.perSecond(9000), 0);
});

Deno.test("the frame rate is that of motion: rests do not count", () => {
  const rate = new FrameRate();
  assertEquals(rate.perSecond, 0);
  rate.drawn(0, false);
  for (let i = 1; i <= 10; i++) rate.drawn(i * 20, true);
  rate.drawn(9000, false);
  rate.drawn(9020, true);
  assertEquals(Math.round(rate.perSecond), 50);
});
