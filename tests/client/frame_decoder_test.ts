import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deflateSync } from "node:zlib";
import { type DecodedRegion, FrameDecoder, type FromDecoder } from "../../src/client/mod.ts";
import { INSTANCE_WORDS } from "../../src/client/region_instances.ts";
import {
  type DecodedFrame,
  decodeFrameAsync,
  encodeEmptyFrame,
  encodeFrame,
  encodePayload,
} from "../../src/protocol/mod.ts";
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

/** A decoder that lets the test say when each frame is done. */
function heldDecoder(posted: FromDecoder[], maxInFlight: number) {
  const held: (() => void)[] = [];
  const decoder = new FrameDecoder({
    post: (message) => posted.push(message),
    maxInFlight,
    decode: async (bytes, limits): Promise<DecodedFrame> => {
      await new Promise<void>((resolve) => held.push(resolve));
      return await decodeFrameAsync(bytes, limits);
    },
  });
  decoder.reset(1, 6);
  return { decoder, held };
}

function regionsOf(posted: readonly FromDecoder[]): DecodedRegion[] {
  return posted.flatMap((message) => message.type === "region" ? [message.region] : []);
}

async function answers(posted: readonly FromDecoder[], count: number): Promise<void> {
  await waitFor(() => posted.length >= count, { what: `${count} answers of the decoder` });
}

Deno.test("a frame becomes the instances of its voxels", async () => {
  const posted: FromDecoder[] = [];
  const decoder = new FrameDecoder({ post: (message) => posted.push(message) });
  decoder.reset(3, 6);
  decoder.push(frameOf(7));
  await answers(posted, 1);
  assertEquals(posted[0]?.generation, 3);
  const [region] = regionsOf(posted);
  assert(region);
  assertEquals([region.version, region.lod, region.width, region.voxels, region.drawn], [7, 0, 2, 1, 1]);
  assertEquals([...region.words.subarray(0, 2)], [(1 | (1 << 16) | (63 << 24)) >>> 0, RED]);
  assertEquals(region.words.length, INSTANCE_WORDS);
});

Deno.test("an emptied region comes back as one without voxels", async () => {
  const posted: FromDecoder[] = [];
  const decoder = new FrameDecoder({ post: (message) => posted.push(message) });
  decoder.push(frameOf(1));
  await answers(posted, 1);
  decoder.push(emptyFrameOf(2));
  await answers(posted, 2);
  assertEquals(regionsOf(posted).map(({ voxels, drawn }) => [voxels, drawn]), [[1, 1], [0, 0]]);
});

Deno.test("an older frame that is decoded late does not overwrite a newer one", async () => {
  const posted: FromDecoder[] = [];
  const { decoder, held } = heldDecoder(posted, 4);
  decoder.push(frameOf(1));
  decoder.push(frameOf(2));
  await waitFor(() => held.length === 2, { what: "both frames to be started" });
  held[1]!();
  await answers(posted, 1);
  held[0]!();
  await answers(posted, 2);
  assertEquals(regionsOf(posted).map(({ version }) => version), [2]);
  assertEquals(posted[1]?.type, "superseded");
});

Deno.test("a frame whose successor waits already is not decoded at all", async () => {
  const posted: FromDecoder[] = [];
  const { decoder, held } = heldDecoder(posted, 1);
  for (const version of [1, 2, 3, 4]) decoder.push(frameOf(version));
  held[0]!();
  await waitFor(() => held.length === 2, { what: "the newest frame to be started" });
  held[1]!();
  await answers(posted, 4);
  assertEquals(regionsOf(posted).map(({ version }) => version), [1, 4]);
});

Deno.test("frames of an earlier registration are never shown in a later one, even with a higher version", async () => {
  const posted: FromDecoder[] = [];
  const { decoder, held } = heldDecoder(posted, 4);
  decoder.push(frameOf(9));
  decoder.reset(2, 6);
  decoder.push(frameOf(1));
  await waitFor(() => held.length === 2, { what: "both frames to be started" });
  held[1]!();
  await answers(posted, 1);
  held[0]!();
  await answers(posted, 2);
  assertEquals(posted.map(({ type, generation }) => [type, generation]), [["region", 2], ["superseded", 1]]);
  assertEquals(regionsOf(posted).map(({ version }) => version), [1]);
});

Deno.test("damaged frames are reported and the next one is decoded as ever", async () => {
  const posted: FromDecoder[] = [];
  const decoder = new FrameDecoder({ post: (message) => posted.push(message) });
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
  for (const bytes of damagedFrames) decoder.push(bytes);
  await answers(posted, damagedFrames.length);
  for (const message of posted) {
    assert(message.type === "malformed");
    assertStringIncludes(message.message, "Cannot read frame at byte");
  }
  decoder.push(good);
  await answers(posted, damagedFrames.length + 1);
  assertEquals(regionsOf(posted).length, 1);
});

Deno.test("a frame deeper than the registered regions is refused", async () => {
  const posted: FromDecoder[] = [];
  const decoder = new FrameDecoder({ post: (message) => posted.push(message) });
  decoder.reset(1, 0);
  decoder.push(frameOf(1));
  await answers(posted, 1);
  assertEquals(posted[0]?.type, "malformed");
});
