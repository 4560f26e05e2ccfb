import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { BatchJob } from "../../../src/build/gpu/batch_job.ts";
import { type Capacities, grownCapacities, guessCapacities } from "../../../src/build/gpu/capacities.ts";
import { COUNTERS, FAULTS, GRID_FIELDS, GRID_WORDS } from "../../../src/build/gpu/grid_words.ts";
import { guessedRoom } from "../../../src/build/gpu/group_room.ts";
import { RegionGroup, regionSize } from "../../../src/build/gpu/region_group.ts";
import { sampleFaults } from "../../../src/build/gpu/sample_faults.ts";
import { TREE_KINDS, type TreeKind } from "../../../src/tree/mod.ts";
import { paint } from "../samples.ts";
import { full, HARD_SHAPES, scattered, sphere } from "./batch_samples.ts";
import { buildWithTwins } from "./twin_builder.ts";

/** Room for what a region of this depth can hold at all. */
function most(kind: TreeKind, depth: number): Capacities {
  const nodes = Array.from({ length: depth + 1 }, (_, level) => {
    return kind === "esvt" && level > 0 ? 6 * 8 ** (level - 1) : 8 ** level;
  });
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  return {
    bricks: nodes[depth - 3]!,
    leaves: nodes[depth]!,
    uppers: sum(nodes.slice(0, depth - 3)),
    nodes: sum(nodes),
    masks: sum(nodes.slice(0, depth)),
  };
}

const ROOMS = ["bricks", "leaves", "uppers", "nodes", "masks"] as const;

Deno.test("The guess is never above what the regions can hold, however many samples there are", () => {
  const region = fc.record({ depth: fc.integer({ min: 3, max: 8 }), samples: fc.nat(2 ** 25) });
  fc.assert(
    fc.property(fc.constantFrom(...TREE_KINDS), fc.array(region, { maxLength: 20 }), (kind, regions) => {
      const guess = guessCapacities(kind, regions);
      for (const name of ROOMS) {
        const bound = regions.reduce((sum, { depth }) => sum + most(kind, depth)[name], 0);
        assert(guess[name] <= bound, `${guess[name]} ${name}, ${bound} at most`);
        assert(Number.isInteger(guess[name]) && guess[name] >= 0);
      }
    }),
  );
});

Deno.test("One sample has room for the tree of one voxel, whatever the depth", () => {
  for (let depth = 3; depth <= 8; depth++) {
    assertEquals(guessCapacities("esvo", [{ depth, samples: 1 }]), {
      bricks: 1,
      leaves: 1,
      uppers: depth - 3,
      nodes: depth + 1,
      masks: depth,
    });
  }
});

Deno.test("A full region, a sphere and a single voxel fit the guess at once, both kinds", () => {
  for (const kind of TREE_KINDS) {
    for (const samples of [full(5), sphere(5), paint([7])]) {
      assertEquals(buildWithTwins([{ kind, depth: 5, samples }]).retries, 0);
    }
  }
});

Deno.test("What does not fit names exactly how much it needs, so that a second plan of that part fits", () => {
  for (const kind of TREE_KINDS) {
    for (const make of Object.values(HARD_SHAPES)) {
      const jobs: BatchJob[] = [{ kind, depth: 7, samples: make(7) }];
      const room = guessedRoom(kind, jobs.map(regionSize));
      const tight: Capacities = { bricks: 1, leaves: 1, uppers: 1, nodes: 1, masks: 1 };
      const { room: grown, retries, trees } = buildWithTwins(jobs, {
        room: { voxels: tight, tets: room.tets && tight },
      });
      assert(retries > 0 && retries <= 5, `${retries} retries`);
      const needed = grown.tets ?? grown.voxels;
      assertEquals(needed.leaves, Math.max(1, trees[0]!.counts[7]!));
      assertEquals(needed.bricks, Math.max(1, trees[0]!.counts[4]!));
      assertEquals(needed.nodes, trees[0]!.colors.length);
      assertEquals(needed.masks, trees[0]!.masks.length);
    }
  }
});

Deno.test("Each fault grows the room that it is about, and none grows nothing", () => {
  const room: Capacities = { bricks: 1, leaves: 2, uppers: 3, nodes: 40, masks: 50 };
  const grid = new Uint32Array(GRID_WORDS);
  grid[GRID_FIELDS.bricks] = 10;
  grid[GRID_FIELDS.leaves] = 20;
  grid[GRID_FIELDS.uppers] = 30;
  grid[GRID_FIELDS.nodes] = 41;
  grid[GRID_FIELDS.inner] = 49;
  const grown = (faults: number) => {
    grid[GRID_FIELDS.faults] = faults;
    return grownCapacities(room, grid);
  };
  assertEquals(grown(0), undefined);
  assertEquals(grown(FAULTS.bricks), { ...room, bricks: 10 });
  assertEquals(grown(FAULTS.uppers), { ...room, uppers: 30 });
  assertEquals(grown(FAULTS.leaves), { ...room, leaves: 20 });
  assertEquals(grown(FAULTS.nodes), { ...room, nodes: 41 }, "room never shrinks");
  assertEquals(grown(FAULTS.uppers | FAULTS.leaves), { ...room, uppers: 30, leaves: 20 });
});

Deno.test("Faults of samples are told apart", () => {
  for (
    const [name, field] of [["badKeys", "hasBadKeys"], ["transparent", "hasTransparent"], [
      "repeats",
      "hasRepeats",
    ]] as const
  ) {
    const counters = new Uint32Array(4);
    const none = sampleFaults(counters);
    assertEquals(none, { hasBadKeys: false, hasTransparent: false, hasRepeats: false });
    counters[COUNTERS[name]] = 1;
    assertEquals(sampleFaults(counters), { ...none, [field]: true });
  }
});

Deno.test("Scattered points do not fit the guess, which is what the retry is for", () => {
  for (const kind of TREE_KINDS) {
    assertNotEquals(buildWithTwins([{ kind, depth: 8, samples: scattered(2000, 8) }]).retries, 0);
  }
});

Deno.test("Spans cover each region's samples once, none crosses regions or is longer than a workgroup takes", () => {
  const counts = [1, 2047, 2048, 2049, 4097];
  const group = new RegionGroup(
    "esvo",
    counts.map((count) => ({
      kind: "esvo",
      depth: 5,
      samples: paint(Array(count).keys()),
    })),
  );
  const spans = group.spans();
  let next = 0;
  for (let i = 0; i < spans.length; i += 4) {
    const [region, first, count, padding] = spans.subarray(i, i + 4);
    assertEquals([first, padding], [next, 0]);
    assert(count! >= 1 && count! <= 2048);
    next += count!;
    const end = counts.slice(0, region! + 1).reduce((a, b) => a + b, 0);
    assert(next <= end && first! >= end - counts[region!]!);
  }
  assertEquals(next, group.samples.keys.length);
});
