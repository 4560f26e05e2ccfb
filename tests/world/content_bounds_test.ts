import { assertEquals } from "@std/assert";
import { encodeMorton, regionKey } from "../../src/space/mod.ts";
import { contentBounds } from "../../src/world/content_bounds.ts";
import { Region } from "../../src/world/region.ts";
import { SMALL_GRID } from "./world_model.ts";

/** A region that shows one cell and counts how often its cells are read. */
function countedRegion(morton: number): { readonly region: Region; readonly reads: () => number } {
  const region = new Region(regionKey(1, morton));
  let reads = 0;
  region.version = 1;
  region.overlay = {
    members: [],
    memberCells: 0,
    count: 1,
    get cells(): Uint32Array {
      reads++;
      return Uint32Array.of(encodeMorton(2, 3, 4), 0);
    },
  };
  return { region, reads: () => reads };
}

Deno.test("a region's cells are searched again only after its version changed", () => {
  const a = countedRegion(0);
  const b = countedRegion(7);
  const regions = [a.region, b.region];
  const bounds = { min: [2, 3, 4], max: [11, 12, 13] };
  assertEquals(contentBounds(SMALL_GRID, regions) as unknown, bounds);
  assertEquals(contentBounds(SMALL_GRID, regions) as unknown, bounds);
  assertEquals([a.reads(), b.reads()], [1, 1]);
  b.region.version++;
  assertEquals(contentBounds(SMALL_GRID, regions) as unknown, bounds);
  assertEquals([a.reads(), b.reads()], [1, 2]);
});
