import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type HeldRegion, RegionInbox, type RegionKey } from "../../src/client/mod.ts";
import { BulkInbox } from "../../src/client/bulk_inbox.ts";
import { type RegionDetail, ShownDetail } from "../../src/client/shown_detail.ts";
import { bundleBytes, partCount, readRegionAsync, writeBundle, writePart } from "../../src/protocol/mod.ts";
import { regionKey, regionMorton } from "../../src/space/mod.ts";
import type { Tree } from "../../src/tree/mod.ts";
import { heldOf } from "../protocol/held.ts";
import type { Voxel } from "../protocol/small_tree.ts";
import { runs } from "../support/runs.ts";
import { waitFor } from "../support/wait_for.ts";
import { delta, FRAME_DEPTH, FRAME_LEVEL, full, refinement, regionTree } from "./region_frames.ts";

const REGIONS = 3;
const COARSER_AFTER_MS = 100;

/** What the server has of one region, and what it believes that its client has. */
interface ServedRegion {
  tree: Tree;
  version: number;
  sent: { readonly tree: Tree; readonly version: number; readonly lod: number } | undefined;
}

/** Chooses frames as a server may: by what it believes that the client holds. */
class ScriptedServer {
  readonly regions: readonly ServedRegion[] = Array.from({ length: REGIONS }, () => ({
    tree: regionTree([]),
    version: 0,
    sent: undefined,
  }));

  change(morton: number, voxels: readonly Voxel[]): void {
    const region = this.regions[morton]!;
    region.tree = regionTree(voxels);
    region.version++;
  }

  /** The frame that brings a region to a LOD: one that continues where that can be and is wished. */
  send(morton: number, lod: number, continues: boolean): Uint8Array<ArrayBuffer> | undefined {
    const region = this.regions[morton]!;
    const { tree, version, sent } = region;
    if (version === 0) return undefined;
    region.sent = { tree, version, lod };
    const isEmpty = tree.counts[0] === 0;
    if (!continues || isEmpty || sent === undefined || sent.tree.counts[0] === 0) {
      return full(morton, tree, version, lod);
    }
    if (sent.version === version && lod < sent.lod) return refinement(morton, tree, version, sent.lod, lod);
    if (sent.version < version && lod === 0 && sent.lod === 0) {
      return delta(morton, sent.tree, tree, sent.version, version);
    }
    return full(morton, tree, version, lod);
  }

  forget(key: RegionKey): void {
    this.regions[regionMorton(key)]!.sent = undefined;
  }
}

/** The client's end: what it shows, and how it came to that. */
class Viewer {
  readonly gates: (() => void)[] = [];
  readonly held = new Map<RegionKey, HeldRegion>();
  readonly shown = new Map<RegionKey, RegionDetail & { readonly isEmpty: boolean }>();
  /** Regions that are to be asked for. */
  readonly broken: RegionKey[] = [];
  problems = 0;
  /** What a person would have seen go wrong. */
  readonly missteps: string[] = [];
  readonly inbox: RegionInbox;
  readonly #bulk = new BulkInbox(1 << 20);
  readonly #detail = new ShownDetail<RegionDetail & { readonly key: RegionKey; readonly isEmpty: boolean }>(
    COARSER_AFTER_MS,
  );
  nowMs = 0;

  constructor() {
    this.inbox = new RegionInbox({
      onRegion: (key, held) => this.#decoded(key, held),
      onProblem: (key) => {
        this.problems++;
        this.broken.push(key!);
      },
      decode: async (held, bytes, limits) => {
        await new Promise<void>((resolve) => this.gates.push(resolve));
        return await readRegionAsync(held, bytes, limits);
      },
    });
    this.inbox.reset({ maxDepth: FRAME_DEPTH });
  }

  receive(message: Uint8Array<ArrayBuffer>): void {
    for (const frame of this.#bulk.receive(message.slice().buffer)) this.inbox.push(frame);
  }

  /** Lets one of the frames go on that are being inflated. */
  release(dice: number): void {
    this.gates.splice(dice % Math.max(1, this.gates.length), 1)[0]?.();
  }

  /** Lets everything happen that can, in an order by dice. */
  async finish(dice: () => number): Promise<void> {
    let isDone = false;
    const known = this.inbox.known().then(() => isDone = true);
    await waitFor(() => {
      if (this.gates.length > 0) this.release(dice());
      return isDone;
    }, { what: "all frames to be decoded", intervalMs: 0 });
    await known;
    this.nowMs += COARSER_AFTER_MS;
    for (const region of this.#detail.due(this.nowMs)) this.shown.set(region.key, region);
  }

  #decoded(key: RegionKey, held: HeldRegion): void {
    this.held.set(key, held);
    const { version, lod } = held;
    const region = { key, version, lod, isEmpty: held.levels === 0 };
    const before = this.shown.get(key);
    if (before !== undefined && version < before.version) this.missteps.push("an older version");
    if (!this.#detail.offer(region, before, this.nowMs)) return;
    if (before?.version === version) {
      if (lod > before.lod) this.missteps.push("coarser for a moment");
      if (region.isEmpty !== before.isEmpty) this.missteps.push("turned into nothing");
    }
    this.shown.set(key, region);
  }
}

/** Frames as messages: single, in bundles, in parts. */
function messagesOf(frames: readonly Uint8Array<ArrayBuffer>[], how: number): Uint8Array<ArrayBuffer>[] {
  if (frames.length === 0) return [];
  if (how % 3 === 0) return [...frames];
  const bundle = new Uint8Array(bundleBytes(frames));
  writeBundle(frames, bundle);
  if (how % 3 === 1) return [bundle];
  const split = { messageId: how, maxBytes: 16 + 1 + (how % 50) };
  return Array.from({ length: partCount(bundle.length, split.maxBytes) }, (_, part) => {
    const into = new Uint8Array(split.maxBytes);
    return into.slice(0, writePart(bundle, split, part, into));
  });
}

const voxels = fc.uniqueArray(
  fc.tuple(fc.nat(8 ** FRAME_DEPTH - 1), fc.constantFrom(0xff0000ff, 0xffff0000), fc.constantFrom(0, 3)),
  { maxLength: 30, selector: ([key]) => key },
);
const region = fc.nat(REGIONS - 1);
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant("change" as const), region, voxels }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("send" as const),
      region,
      lod: fc.constantFrom(3, 2, 1, 0, 0, 0),
      continues: fc.constantFrom(true, true, true, false),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("flush" as const), how: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("release" as const), dice: fc.nat(1000) }) },
);
const script = fc.tuple(
  fc.array(step, { minLength: 30, maxLength: 80 }),
  fc.infiniteStream(fc.nat(1000)),
  fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
);

/** Plays a script; frames whose die is below `lossInTen` are lost on the way. */
async function play(
  steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
  dice: () => number,
  isLost: () => boolean,
): Promise<{ server: ScriptedServer; viewer: Viewer }> {
  const server = new ScriptedServer();
  const viewer = new Viewer();
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  const put = (frame: Uint8Array<ArrayBuffer> | undefined) => {
    if (frame !== undefined && !isLost()) waiting.push(frame);
  };
  const flush = (how: number) => {
    for (const message of messagesOf(waiting.splice(0), how)) viewer.receive(message);
  };
  for (const next of steps) {
    if (next.type === "change") server.change(next.region, next.voxels);
    else if (next.type === "send") put(server.send(next.region, next.lod, next.continues));
    else if (next.type === "flush") flush(next.how);
    else viewer.release(next.dice);
    for (const key of viewer.broken.splice(0)) server.forget(key);
    await Promise.resolve();
  }
  isLost = () => false;
  flush(dice());
  await viewer.finish(dice);
  for (let round = 0; round < 3; round++) {
    for (const key of viewer.broken.splice(0)) server.forget(key);
    for (let morton = 0; morton < REGIONS; morton++) {
      const { sent, version } = server.regions[morton]!;
      if (sent?.version !== version || sent.lod > 0) put(server.send(morton, 0, true));
    }
    flush(dice());
    await viewer.finish(dice);
  }
  return { server, viewer };
}

function assertEqualsServer({ server, viewer }: { server: ScriptedServer; viewer: Viewer }): void {
  assertEquals(viewer.missteps, []);
  for (const [morton, { tree, version }] of server.regions.entries()) {
    if (version === 0) continue;
    const key = regionKey(FRAME_LEVEL, morton);
    const held = viewer.held.get(key);
    assert(held !== undefined);
    if (tree.counts[0] === 0) assertEquals([held.version, held.levels], [version, 0]);
    else assertEquals(held, heldOf(tree, 0, version));
    const { version: shownVersion, lod } = viewer.shown.get(key)!;
    assertEquals([shownVersion, lod], [version, 0]);
  }
}

Deno.test("whatever the server sends and however decoding is delayed, the picture ends as the server's and never steps back", async () => {
  await fc.assert(
    fc.asyncProperty(script, async ([steps, dice]) => {
      const roll = () => dice.next().value;
      const end = await play(steps, roll, () => false);
      assertEquals(end.viewer.problems, 0);
      assertEqualsServer(end);
    }),
    { numRuns: runs(60) },
  );
});

Deno.test("whichever frames are lost, what continues them is noticed, asked for in full, and the picture ends as the server's", async () => {
  await fc.assert(
    fc.asyncProperty(script, async ([steps, dice, losses]) => {
      const roll = () => dice.next().value;
      const { server, viewer } = await play(steps, roll, () => losses.next().value < 2);
      // A frame that nothing continues is missed by nobody: one more change of everything tells.
      for (let morton = 0; morton < REGIONS; morton++) server.change(morton, [[morton, 0xff00ff00, 1]]);
      for (let round = 0; round < 2; round++) {
        for (let morton = 0; morton < REGIONS; morton++) {
          const frame = server.send(morton, 0, round === 0);
          if (frame !== undefined) viewer.receive(frame);
        }
        await viewer.finish(roll);
        for (const key of viewer.broken.splice(0)) server.forget(key);
      }
      assertEqualsServer({ server, viewer });
    }),
    { numRuns: runs(60) },
  );
});
