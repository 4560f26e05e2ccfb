import { assertEquals } from "@std/assert";
import { BacklogWatch } from "../../src/streaming/backlog_watch.ts";

const LIMITS = { backpressureAfterMs: 2000, slowConsumerTimeoutMs: 30_000 };

Deno.test("one that is behind without a break is told once, and once more when it has caught up", () => {
  const watch = new BacklogWatch();
  assertEquals(watch.look(0, LIMITS), undefined);
  // It is looked at again and again meanwhile, which does not make the time any shorter.
  for (let at = 100; at < 2099; at += 80) watch.behind(at);
  assertEquals([watch.look(2099, LIMITS), watch.isTold], [undefined, false]);
  assertEquals([watch.look(2100, LIMITS), watch.isTold], ["held", true]);
  assertEquals(watch.look(2200, LIMITS), undefined);
  watch.caughtUp();
  assertEquals([watch.look(2300, LIMITS), watch.isTold], ["released", false]);
  assertEquals(watch.look(2400, LIMITS), undefined);
});

Deno.test("one that catches up in between is not told", () => {
  const watch = new BacklogWatch();
  for (let at = 0; at < 10_000; at += 1000) {
    watch.behind(at);
    assertEquals(watch.look(at + 900, LIMITS), undefined);
    watch.caughtUp();
  }
});

Deno.test("one that is told and falls behind again before the next look is not told anew", () => {
  const watch = new BacklogWatch();
  watch.behind(0);
  assertEquals(watch.look(2000, LIMITS), "held");
  watch.caughtUp();
  watch.behind(2001);
  assertEquals(watch.look(2100, LIMITS), undefined);
  assertEquals(watch.look(9000, LIMITS), undefined);
});

Deno.test("one that takes nothing is closed in the end, one that takes a little is not", () => {
  const stuck = new BacklogWatch();
  const slow = new BacklogWatch();
  stuck.behind(0);
  slow.behind(0);
  for (let at = 1000; at < 30_000; at += 1000) {
    slow.progress(at);
    const news = at === 2000 ? "held" : undefined;
    assertEquals([stuck.look(at, LIMITS), slow.look(at, LIMITS)], [news, news]);
    assertEquals([stuck.leftMs(at, LIMITS), slow.leftMs(at, LIMITS)], [30_000 - at, 30_000]);
  }
  assertEquals([stuck.look(30_000, LIMITS), slow.look(30_000, LIMITS)], ["close", undefined]);
});

Deno.test("the time before it fell behind does not count against one that was idle for long", () => {
  const watch = new BacklogWatch();
  watch.progress(0);
  watch.behind(100_000);
  assertEquals([watch.look(100_001, LIMITS), watch.leftMs(100_001, LIMITS)], [undefined, 29_999]);
  watch.caughtUp();
  assertEquals(watch.leftMs(100_002, LIMITS), undefined);
});

Deno.test("the time left is in whole milliseconds, whatever fractions the clock counts in, and never too short", () => {
  const watch = new BacklogWatch();
  watch.behind(1000.25);
  for (const [atMs, leftMs] of [[1000.5, 30_000], [1001.1, 30_000], [1001.5, 29_999]] as const) {
    assertEquals(watch.leftMs(atMs, LIMITS), leftMs);
  }
});
