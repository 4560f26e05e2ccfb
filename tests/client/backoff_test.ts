import { assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Backoff } from "../../src/client/mod.ts";
import { FakeServer } from "./fake_server.ts";

Deno.test("a client waits up to 1 s at first, and up to 30 s in the end", async () => {
  const server = new FakeServer();
  server.dice = () => 0.999999;
  server.http = () => Promise.reject(new TypeError("nobody there"));
  server.client.connect().catch(() => {});
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    await server.settle();
    server.socket.closes(1006);
    await server.settle();
    const waitMs = server.status.retryAtMs! - server.clock.now();
    waits.push(Math.round(waitMs / 1000));
    await server.clock.advanceAsync(waitMs);
  }
  assertEquals(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
  server.client.close();
});

Deno.test("waits are uniform below a ceiling that doubles from 0.5 s to 30 s", () => {
  const highest = new Backoff({ baseMs: 500, maxMs: 30_000, random: () => 1 });
  const ceilings = Array.from({ length: 9 }, () => highest.nextDelayMs());
  assertEquals(ceilings, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  const lowest = new Backoff({ baseMs: 500, maxMs: 30_000, random: () => 0 });
  assertEquals([lowest.nextDelayMs(), lowest.nextDelayMs()], [0, 0]);
});

Deno.test("no wait is ever longer than the longest, however many attempts there were", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempts, dice) => {
        const backoff = new Backoff({ baseMs: 500, maxMs: 30_000, random: () => dice });
        for (let i = 0; i < attempts; i++) assertLess(backoff.nextDelayMs(), 30_000);
        assertEquals(backoff.attempts, attempts);
      },
    ),
  );
});

Deno.test("a reset makes the next wait short again", () => {
  const backoff = new Backoff({ baseMs: 500, maxMs: 30_000, random: () => 0.5 });
  for (let i = 0; i < 6; i++) backoff.nextDelayMs();
  backoff.reset();
  assertEquals(backoff.attempts, 0);
  assertEquals(backoff.nextDelayMs(), 250);
});

Deno.test("a wait that the server asked for comes before the jitter", () => {
  const backoff = new Backoff({ baseMs: 500, maxMs: 30_000, random: () => 0.5 });
  assertEquals(backoff.nextDelayMs(2000), 2250);
  assertEquals(backoff.nextDelayMs(1e15), 2 ** 31 - 1, "a timer for longer would fire at once");
});

Deno.test("a backoff without a sensible range is refused", () => {
  assertThrows(() => new Backoff({ baseMs: 0, maxMs: 1, random: Math.random }), RangeError, "0 < baseMs");
  assertThrows(
    () => new Backoff({ baseMs: 2, maxMs: 1, random: Math.random }),
    RangeError,
    "baseMs <= maxMs",
  );
});
