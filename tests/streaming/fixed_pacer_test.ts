import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FixedPacer } from "../../src/streaming/fixed_pacer.ts";

Deno.test("one who sends whenever it may keeps the rate, after a short burst", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1000, max: 1_000_000 }),
    fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 200 }),
    (bytesPerSecond, messages) => {
      const pacer = new FixedPacer({ maxMessageBytes: 16_384, bytesPerSecond });
      let nowMs = 0;
      let sentBytes = 0;
      for (const bytes of messages) {
        nowMs += pacer.waitMs(nowMs);
        assertEquals(pacer.waitMs(nowMs), 0, "whoever has waited as told may send");
        assert(sentBytes <= bytesPerSecond * (nowMs + 251) / 1000, `${sentBytes} bytes in ${nowMs} ms`);
        pacer.sent(bytes, nowMs);
        sentBytes += bytes;
      }
      const least = (sentBytes - messages.at(-1)!) * 1000 / bytesPerSecond - 250;
      assert(nowMs <= Math.max(0, least) + messages.length, "and is not held back longer than that");
    },
  ));
});

Deno.test("an idle client does not save up more than the burst", () => {
  const pacer = new FixedPacer({ maxMessageBytes: 1000, bytesPerSecond: 1000 });
  pacer.sent(1000, 0);
  assertEquals(pacer.waitMs(0), 750);
  pacer.acknowledged();
  assertEquals(pacer.waitMs(0), 750, "an acknowledgement changes nothing");
  pacer.sent(1000, 100_000);
  assertEquals(pacer.waitMs(100_000), 750);
  assertEquals(pacer.maxMessageBytes, 1000);
});
