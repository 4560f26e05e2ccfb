import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { type HeldRegion, RegionInbox, type RegionKey, regionMorton } from "../../src/client/mod.ts";
import { BaseMissingError, readRegionAsync } from "../../src/protocol/mod.ts";
import { regionKey } from "../../src/space/mod.ts";
import { levelHash } from "../../src/tree/mod.ts";
import { heldOf } from "../protocol/held.ts";
import type { Voxel } from "../protocol/small_tree.ts";
import { waitFor } from "../support/wait_for.ts";
import { delta, full, refinement, regionTree } from "./region_frames.ts";

const RED = 0xff0000ff;
const BLUE = 0xffff0000;
const SPARSE: readonly Voxel[] = [[0, RED, 0], [600, BLUE, 2], [4095, RED, 0]];
const OLD = regionTree(SPARSE);
const NEW = regionTree([...SPARSE, [601, RED, 1]]);
const KEY = regionKey(4, 7);

/** An inbox that keeps all that it is told, and lets the test say when each frame is inflated. */
class Watched {
  readonly shown: (readonly [morton: number, version: number, lod: number])[] = [];
  readonly problems: (readonly [RegionKey | undefined, Error])[] = [];
  superseded = 0;
  /** Lets the frames go on that have been begun, in the order in which they were. */
  readonly gates: (() => void)[] = [];
  readonly inbox: RegionInbox;

  constructor({ isHeld = false, maxInFlight = 4 } = {}) {
    this.inbox = new RegionInbox({
      maxInFlight,
      onRegion: (key, { version, lod }) => this.shown.push([regionMorton(key), version, lod]),
      onSuperseded: () => this.superseded++,
      onProblem: (key, error) => this.problems.push([key, error]),
      decode: async (held, bytes, limits): Promise<HeldRegion> => {
        if (isHeld) await new Promise<void>((resolve) => this.gates.push(resolve));
        return await readRegionAsync(held, bytes, limits);
      },
    });
    this.inbox.reset({ maxDepth: 8 });
  }

  /** Waits until all that came is decoded. */
  readonly settled = async (): Promise<void> => void await this.inbox.known();
}

Deno.test("a coarse frame, its refinements and a delta make what the server holds", async () => {
  const { inbox, shown, settled } = new Watched();
  inbox.push(full(7, OLD, 1, 3));
  inbox.push(refinement(7, OLD, 1, 3, 2));
  inbox.push(refinement(7, OLD, 1, 2, 0));
  inbox.push(delta(7, OLD, NEW, 1, 2));
  await settled();
  assertEquals(shown, [[7, 1, 3], [7, 1, 2], [7, 1, 0], [7, 2, 0]]);
  assertEquals(inbox.held(KEY), heldOf(NEW, 0, 2));
  assertEquals(inbox.backlogBytes, 0);
});

Deno.test("frames of one region are applied one after the other, those of others meanwhile", async () => {
  const { inbox, shown, gates, settled } = new Watched({ isHeld: true });
  inbox.push(full(7, OLD, 1, 3));
  inbox.push(refinement(7, OLD, 1, 3));
  inbox.push(full(8, OLD, 1));
  assertEquals(gates.length, 2, "the refinement waits for what it continues");
  gates[1]!();
  await waitFor(() => shown.length === 1, { what: "the other region" });
  assertEquals(shown, [[8, 1, 0]]);
  gates[0]!();
  await waitFor(() => gates.length === 3, { what: "the refinement to be begun" });
  gates[2]!();
  await settled();
  assertEquals(shown, [[8, 1, 0], [7, 1, 3], [7, 1, 0]]);
});

Deno.test("a full frame makes those that wait before it needless, never one that continues", async () => {
  const watched = new Watched({ isHeld: true, maxInFlight: 1 });
  const { inbox, shown, gates, settled } = watched;
  inbox.push(full(7, OLD, 1, 3));
  inbox.push(refinement(7, OLD, 1, 3));
  inbox.push(delta(7, OLD, NEW, 1, 2));
  inbox.push(full(7, NEW, 3, 1));
  assertEquals(watched.superseded, 2);
  inbox.push(refinement(7, NEW, 3, 1));
  for (let i = 0; i < 3; i++) {
    await waitFor(() => gates.length > i, { what: "the next frame to be begun" });
    gates[i]!();
  }
  await settled();
  assertEquals(shown, [[7, 1, 3], [7, 3, 1], [7, 3, 0]]);
  assertEquals(inbox.held(KEY), heldOf(NEW, 0, 3));
});

Deno.test("a full frame that is older than what is held is of no use", async () => {
  const watched = new Watched();
  const { inbox, shown, settled } = watched;
  inbox.push(full(7, NEW, 5));
  inbox.push(full(7, OLD, 4));
  await settled();
  assertEquals([shown, watched.superseded], [[[7, 5, 0]], 1]);
});

Deno.test("without its base a frame is reported once with its region, and what was held stays until a full one comes", async () => {
  const watched = new Watched();
  const { inbox, shown, problems, settled } = watched;
  inbox.push(full(7, OLD, 1, 2));
  inbox.push(delta(7, OLD, NEW, 1, 2));
  inbox.push(delta(7, NEW, OLD, 2, 3));
  inbox.push(refinement(7, OLD, 3, 2));
  await settled();
  assertEquals(problems.map(([key]) => key), [KEY]);
  assertInstanceOf(problems[0]![1], BaseMissingError);
  inbox.push(delta(7, OLD, NEW, 3, 4));
  await settled();
  assertEquals(problems.length, 1, "what comes until it is sent in full is no news");
  assertEquals(inbox.held(KEY), heldOf(OLD, 2, 1));
  inbox.push(full(7, OLD, 3));
  inbox.push(delta(7, OLD, NEW, 3, 4));
  await settled();
  assertEquals(shown, [[7, 1, 2], [7, 3, 0], [7, 4, 0]]);
  assertEquals([problems.length, watched.superseded, inbox.backlogBytes], [1, 3, 0]);
});

Deno.test("after a damaged frame with a version that never was, the region still comes back", async () => {
  const { inbox, problems, settled } = new Watched();
  const damaged = full(7, OLD, 1);
  new DataView(damaged.buffer).setUint32(16, 4_000_000_000, true);
  damaged[40]! ^= 0xff;
  inbox.push(full(7, OLD, 1));
  inbox.push(damaged);
  await settled();
  assertEquals(problems.length, 1);
  inbox.push(full(7, NEW, 2));
  await settled();
  assertEquals(inbox.held(KEY), heldOf(NEW, 0, 2));
});

Deno.test("a full frame that waits behind one that cannot be applied is applied", async () => {
  const { inbox, gates, problems, settled } = new Watched({ isHeld: true });
  inbox.push(delta(7, OLD, NEW, 1, 2));
  inbox.push(full(7, OLD, 3));
  gates[0]!();
  await waitFor(() => gates.length === 2, { what: "the full frame to be begun" });
  gates[1]!();
  await settled();
  assertEquals([problems.length, inbox.held(KEY)], [1, heldOf(OLD, 0, 3)]);
});

Deno.test("regions are decoded in the order in which they came, however few at a time", async () => {
  const { inbox, shown, settled } = new Watched({ maxInFlight: 1 });
  for (const morton of [5, 1, 9, 3]) inbox.push(full(morton, OLD, 1));
  await settled();
  assertEquals(shown.map(([morton]) => morton), [5, 1, 9, 3]);
});

Deno.test("a program that throws when it is told of a region does not make its frame a broken one", async () => {
  const thrown: unknown[] = [];
  const problems: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    thrown.push(event.error.message);
  };
  addEventListener("error", onError);
  try {
    const inbox = new RegionInbox({
      onRegion: () => {
        throw new Error("the program's own");
      },
      onProblem: (_key, error) => problems.push(error),
    });
    inbox.push(full(7, OLD, 1, 2));
    inbox.push(refinement(7, OLD, 1, 2));
    await inbox.known();
    assertEquals([thrown, problems], [["the program's own", "the program's own"], []]);
    assertEquals(inbox.held(KEY), heldOf(OLD, 0, 1));
  } finally {
    removeEventListener("error", onError);
  }
});

Deno.test("what the server sends after it was asked is taken, though it is no newer than what is held", async () => {
  const { inbox, settled } = new Watched();
  inbox.push(full(7, NEW, 9));
  inbox.push(delta(7, OLD, NEW, 3, 4));
  await settled();
  inbox.push(full(7, OLD, 4));
  await settled();
  assertEquals(inbox.held(KEY), heldOf(OLD, 0, 4));
});

Deno.test("a frame whose header cannot be read is reported without a region", async () => {
  const { inbox, problems, settled } = new Watched();
  inbox.push(new Uint8Array(24));
  await settled();
  assertEquals(problems.map(([key]) => key), [undefined]);
  assertStringIncludes(problems[0]![1].message, "Cannot read frame at byte 0");
});

Deno.test("what is held is told with its hash, once all that came is decoded", async () => {
  const { inbox } = new Watched();
  inbox.push(full(7, OLD, 1, 2));
  inbox.push(full(9, regionTree([]), 4));
  inbox.push(refinement(7, OLD, 1, 2, 1));
  const known = [...await inbox.known()].sort((a, b) => a.morton - b.morton);
  assertEquals(known, [
    { morton: 7, version: 1, lod: 1, hash: levelHash(OLD, 1) },
    { morton: 9, version: 4, lod: 0, hash: { lo: 0, hi: 0 } },
  ]);
  inbox.push(delta(7, OLD, NEW, 1, 2));
  inbox.push(full(7, NEW, 2));
  const [changed] = await inbox.known();
  assertEquals(changed, { morton: 7, version: 2, lod: 0, hash: levelHash(NEW, 0) });
});

Deno.test("a region that is forgotten is gone, unless a frame of it is on its way", async () => {
  const { inbox, gates, settled } = new Watched({ isHeld: true });
  inbox.push(full(7, OLD, 1));
  inbox.forget([KEY]);
  gates[0]!();
  await settled();
  assert(inbox.held(KEY) !== undefined, "the frame that was on its way still makes the region");
  inbox.forget([KEY]);
  assertEquals([inbox.held(KEY), await inbox.known()], [undefined, []]);
});

Deno.test("frames that are being decoded when all is reset never show, however new", async () => {
  const { inbox, shown, gates, settled } = new Watched({ isHeld: true });
  inbox.push(full(7, NEW, 9));
  inbox.reset({ maxDepth: 8 });
  inbox.push(full(7, OLD, 1));
  gates[0]!();
  gates[1]!();
  await settled();
  assertEquals([shown, inbox.backlogBytes], [[[7, 1, 0]], 0]);
});
