import { assert, assertEquals, assertThrows } from "@std/assert";
import { BulkPool } from "../../src/streaming/bulk_pool.ts";

Deno.test("a buffer that comes back is lent again, and nothing is lost", () => {
  const pool = new BulkPool(64);
  for (let round = 0; round < 100; round++) {
    const lent = [pool.lend(), pool.lend()];
    assert(lent[0] !== lent[1], "two users never share one buffer");
    assertEquals(lent.map(({ length }) => length), [64, 64]);
    assertEquals(pool.stats().lent, 2);
    for (const buffer of lent) pool.giveBack(buffer);
  }
  assertEquals(pool.stats(), { lent: 0, free: 2, made: 2 });
});

Deno.test("a buffer that is given back twice, or was never lent, is refused, so that no two users share it", () => {
  const pool = new BulkPool(64);
  const buffer = pool.lend();
  pool.giveBack(buffer);
  assertThrows(() => pool.giveBack(buffer), RangeError, "not lent");
  assertThrows(() => pool.giveBack(new Uint8Array(64)), RangeError, "not lent");
  assert(pool.lend() !== pool.lend());
});

Deno.test("of many buffers that come back at once only some are kept", () => {
  const pool = new BulkPool(64);
  const lent = Array.from({ length: 40 }, () => pool.lend());
  assertEquals(pool.stats(), { lent: 40, free: 0, made: 40 });
  for (const buffer of lent) pool.giveBack(buffer);
  assertEquals(pool.stats(), { lent: 0, free: 16, made: 40 });
});
