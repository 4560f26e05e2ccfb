import { assertEquals } from "@std/assert";
import { ShownDetail } from "../../src/client/shown_detail.ts";
import { regionKey } from "../../src/space/mod.ts";

const KEY = regionKey(4, 1);

function region(version: number, lod: number) {
  return { key: KEY, version, lod };
}

Deno.test("a region that comes back into view coarse keeps its detail until the finer is there", () => {
  const detail = new ShownDetail<ReturnType<typeof region>>(2000);
  assertEquals(detail.offer(region(5, 3), region(5, 0), 0), false);
  assertEquals(detail.size, 1);
  assertEquals(detail.offer(region(5, 0), region(5, 0), 500), true);
  assertEquals([detail.size, detail.due(10_000)], [0, []]);
});

Deno.test("less detail is shown if no more follows in time, as from afar", () => {
  const detail = new ShownDetail<ReturnType<typeof region>>(2000);
  detail.offer(region(5, 3), region(5, 0), 0);
  detail.offer(region(5, 2), region(5, 0), 100);
  assertEquals(detail.due(2099), []);
  assertEquals(detail.due(2100), [region(5, 2)]);
  assertEquals(detail.due(9999), []);
});

Deno.test("what is newer is shown at once, however coarse, and so is the first of a region", () => {
  const detail = new ShownDetail<ReturnType<typeof region>>(2000);
  assertEquals(detail.offer(region(5, 3), undefined, 0), true);
  assertEquals(detail.offer(region(5, 1), region(5, 3), 0), true);
  detail.offer(region(5, 2), region(5, 1), 0);
  assertEquals(detail.offer(region(6, 3), region(5, 1), 0), true);
  assertEquals(detail.size, 0);
  detail.offer(region(6, 4), region(6, 3), 0);
  detail.forget(KEY);
  assertEquals(detail.due(9999), []);
});
