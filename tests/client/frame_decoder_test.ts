import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deflateSync } from "node:zlib";
import { type DecodedRegion, FrameDecoder, type FromDecoder } from "../../src/client/mod.ts";
import { INSTANCE_WORDS } from "../../src/client/region_instances.ts";
import { encodeEmptyFrame, encodeFrame, encodePayload } from "../../src/protocol/mod.ts";
import { encodeMorton } from "../../src/space/mod.ts";
import type { Tree } from "../../src/tree/mod.ts";
import { waitFor } from "../support/wait_for.ts";

const RED = 0xff0000ff;

/** A region of 2^3 cells with one voxel. */
function oneVoxel(color: number): Tree {
  return {
    kind: "esvo",
    depth: 1,
    counts: new Uint32Array([1, 1]),
    masks: new Uint8Array([1 << encodeMorton(1, 0, 1)]),
    colors: new Uint32Array([color, color]),
    materials: new Uint8Array(2),
  };
}

function frameOf(version: number, color = RED, morton = 5): Uint8Array {
  const payload = encodePayload(oneVoxel(color), 0, 2, (planes) => deflateSync(planes));
  return encodeFrame({ kind: "esvo", lod: 0, level: 4, morton, version, codec: 2 }, payload);
}

function emptyFrameOf(version: number): Uint8Array {
  return encodeEmptyFrame({ kind: "esvo", lod: 0, level: 4, morton: 5, version, codec: 2 });
}

/** A decoder of regions that are at most 2^6 cells wide, and what it posts. */
function decoderOf(posted: FromDecoder[], generation = 1, maxDepth = 6): FrameDecoder {
  const decoder = new FrameDecoder({ post: (message) => posted.push(message) });
  decoder.receive({ type: "reset", generation, maxDepth });
  return decoder;
}

function push(decoder: FrameDecoder, ...frames: Uint8Array[]): void {
  decoder.receive({ type: "frames", frames });
}

function regionsOf(posted: readonly FromDecoder[]): DecodedRegion[] {
  return posted.flatMap((message) => message.type === "region" ? [message.region] : []);
}

async function answers(posted: readonly FromDecoder[], count: number): Promise<void> {
  await waitFor(() => posted.length >= count, { what: `${count} answers of the decoder` });
}

Deno.test("a frame becomes the instances of its voxels", async () => {
  const posted: FromDecoder[] = [];
  push(decoderOf(posted, 3), frameOf(7));
  await answers(posted, 1);
  assert(posted[0]?.type === "region");
  assertEquals([posted[0].generation, posted[0].bytes], [3, frameOf(7).length]);
  const [region] = regionsOf(posted);
  assert(region);
  assertEquals([region.version, region.lod, region.width, region.voxels, region.drawn], [7, 0, 2, 1, 1]);
  assertEquals([...region.words.subarray(0, 2)], [(1 | (1 << 16) | (63 << 24)) >>> 0, RED]);
  assertEquals(region.words.length, INSTANCE_WORDS);
});

Deno.test("an emptied region comes back as one without voxels", async () => {
  const posted: FromDecoder[] = [];
  const decoder = decoderOf(posted);
  push(decoder, frameOf(1));
  await answers(posted, 1);
  push(decoder, emptyFrameOf(2));
  await answers(posted, 2);
  assertEquals(regionsOf(posted).map(({ voxels, drawn }) => [voxels, drawn]), [[1, 1], [0, 0]]);
});

Deno.test("frames of an earlier registration are never shown in a later one, even with a higher version", async () => {
  const posted: FromDecoder[] = [];
  const decoder = decoderOf(posted);
  push(decoder, frameOf(9));
  decoder.receive({ type: "reset", generation: 2, maxDepth: 6 });
  push(decoder, frameOf(1));
  await answers(posted, 1);
  decoder.receive({ type: "known", id: 5 });
  await answers(posted, 2);
  assertEquals(posted.map(({ type }) => type), ["region", "known"]);
  assertEquals(regionsOf(posted).map(({ version }) => version), [1]);
});

Deno.test("a frame that others make needless is answered too, so that the page can count what waits", async () => {
  const posted: FromDecoder[] = [];
  push(decoderOf(posted), ...[1, 2, 3, 4].map((version) => frameOf(version)));
  await answers(posted, 4);
  assertEquals(regionsOf(posted).map(({ version }) => version), [1, 4]);
  assertEquals(posted.filter(({ type }) => type === "superseded").length, 2);
});

Deno.test("the Worker says what it holds, and forgets what the page has dropped", async () => {
  const posted: FromDecoder[] = [];
  const decoder = decoderOf(posted);
  push(decoder, frameOf(3));
  decoder.receive({ type: "known", id: 1 });
  await answers(posted, 2);
  const [region, first] = posted;
  assert(region?.type === "region" && first?.type === "known");
  assertEquals(first.regions.map(({ morton, version, lod }) => [morton, version, lod]), [[5, 3, 0]]);
  assert(region.region.heldBytes > 0);
  decoder.receive({ type: "forget", keys: [region.region.key] });
  decoder.receive({ type: "known", id: 2 });
  await answers(posted, 3);
  assertEquals(posted[2], { type: "known", id: 2, regions: [] });
});

Deno.test("damaged frames are reported and the next one is decoded as ever", async () => {
  const posted: FromDecoder[] = [];
  const decoder = decoderOf(posted);
  const good = frameOf(1);
  const damaged = good.slice();
  damaged[damaged.length - 1]! ^= 0xff;
  const damagedFrames = [
    new Uint8Array(0),
    new Uint8Array(24),
    good.slice(0, 30),
    damaged,
    new Uint8Array(1000).fill(0xff),
  ];
  for (const bytes of damagedFrames) push(decoder, bytes);
  await answers(posted, damagedFrames.length);
  for (const message of posted) {
    assert(message.type === "malformed");
    assertStringIncludes(message.message, "Cannot read frame at byte");
  }
  const named = posted.filter((message) => message.type === "malformed" && message.key !== undefined);
  assertEquals(named.length, 2, "the region is named where it can be read");
  push(decoder, good);
  await answers(posted, damagedFrames.length + 1);
  assertEquals(regionsOf(posted).length, 1);
});

Deno.test("a frame deeper than the registered regions is refused", async () => {
  const posted: FromDecoder[] = [];
  push(decoderOf(posted, 1, 0), frameOf(1));
  await answers(posted, 1);
  assertEquals(posted[0]?.type, "malformed");
});
