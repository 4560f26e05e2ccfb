import { assertEquals } from "@std/assert";
import { DetailBudget } from "../../src/cache/detail_budget.ts";
import { MAX_LOD } from "../../src/cache/mod.ts";
import { region } from "./cached_regions.ts";

const LODS = Array.from({ length: MAX_LOD + 1 }, (_, lod) => lod);

/** A budget that holds one region, which tells of its growth. */
function budgetOf(one: ReturnType<typeof region>): DetailBudget {
  const budget = new DetailBudget({ highBytes: Infinity, lowBytes: 0 });
  budget.add(one);
  one.watchGrowth((_bytes, demandBytes, lod) => budget.grow(one, lod, demandBytes));
  return budget;
}

Deno.test("the demand at every LOD is what its regions tell, as they grow and when they go", () => {
  for (const depth of [3, 6, 8]) {
    const one = region(500, { depth });
    const budget = budgetOf(one);
    const others = [region(0), region(90)];
    for (const other of others) budget.add(other);
    for (let lod = 0; lod <= depth; lod++) {
      one.frame(lod, 2);
      for (const at of LODS) {
        const sum = [one, ...others].reduce((bytes, each) => bytes + each.demand(at), 0);
        assertEquals(budget.demand(at), sum, `LOD ${at} after a frame of LOD ${lod}`);
      }
    }
    for (const each of [one, ...others]) budget.remove(each);
    assertEquals(LODS.map((lod) => budget.demand(lod)), LODS.map(() => 0));
  }
});

Deno.test("the held LOD rises above the high mark and falls at the low one, several steps at once if need be", () => {
  const one = region(8000);
  const budget = new DetailBudget({ highBytes: one.demand(3), lowBytes: one.demand(3) - 1 });
  assertEquals([budget.settle(), budget.lod], [false, 0]);
  budget.add(one);
  assertEquals([budget.settle(), budget.lod], [true, 3], "at the mark itself it stays");
  assertEquals([budget.settle(), budget.lod], [false, 3]);
  budget.remove(one);
  assertEquals([budget.settle(), budget.lod], [true, 0]);
});
