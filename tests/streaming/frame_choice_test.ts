import { assert, assertEquals } from "@std/assert";
import {
  FEATURES,
  FLAG_DELTA,
  FLAG_REFINEMENT,
  type FrameCodec,
  payloadId,
  readFrameHeader,
} from "../../src/protocol/mod.ts";
import {
  chooseFrame,
  type FrameStyle,
  type HeldDetail,
  payloadsAhead,
} from "../../src/streaming/frame_choice.ts";
import { streamFeatures } from "../../src/streaming/stream_features.ts";
import type { CachedRegion } from "../../src/cache/mod.ts";
import { region, regionOf, voxelRow } from "../cache/cached_regions.ts";

const NOTHING = { version: 0, lod: 0 };
const PLAIN: FrameStyle = { codec: 2, features: streamFeatures([]), coarseLod: 3 };
const ALL: FrameStyle = { ...PLAIN, features: streamFeatures(FEATURES) };

/** What is chosen: the header's LOD, version and flags, and the LOD that the client has then. */
function choice(of: CachedRegion, held: HeldDetail, targetLod: number, style: FrameStyle) {
  const { bytes, lod } = chooseFrame(of, held, targetLod, style);
  const header = readFrameHeader(bytes);
  return { lod: header.lod, version: header.version, flags: header.flags, holds: lod };
}

/** Version 2 of a region, which differs from version 1 in few voxels and remembers that. */
function changed(): CachedRegion {
  const newer = regionOf(voxelRow(4096, [7, 9]), { version: 2 });
  newer.follow(region(4096), true);
  return newer;
}

Deno.test("one without features gets whole regions at the LOD that it wants", () => {
  for (const held of [NOTHING, { version: 1, lod: 3 }, { version: 2, lod: 2 }, { version: 1, lod: 0 }]) {
    for (const lod of [0, 1, 5]) {
      assertEquals(choice(changed(), held, lod, PLAIN), { lod, version: 2, flags: 0, holds: lod });
    }
  }
});

Deno.test("what a client has nothing of comes coarse first, and the levels between follow in one frame", () => {
  const one = region(4096);
  assertEquals(choice(one, NOTHING, 0, ALL), { lod: 3, version: 1, flags: 0, holds: 3 });
  assertEquals(choice(one, { version: 1, lod: 3 }, 1, ALL), {
    lod: 1,
    version: 1,
    flags: FLAG_REFINEMENT,
    holds: 1,
  });
  assertEquals(choice(one, { version: 1, lod: 1 }, 0, ALL), {
    lod: 0,
    version: 1,
    flags: FLAG_REFINEMENT,
    holds: 0,
  });
});

Deno.test("what is wanted coarser than the coarse LOD comes at once, and none is coarser than the root", () => {
  assertEquals(choice(region(100), NOTHING, 5, ALL).holds, 5);
  assertEquals(choice(region(8, { depth: 2 }), NOTHING, 0, ALL).holds, 2);
  assertEquals(choice(region(8, { depth: 2, kind: "esvt" }), NOTHING, 0, ALL).holds <= 2, true);
});

Deno.test("a change of a region held in full comes as what has changed", () => {
  assertEquals(choice(changed(), { version: 1, lod: 0 }, 0, ALL), {
    lod: 0,
    version: 2,
    flags: FLAG_DELTA,
    holds: 0,
  });
});

Deno.test("a change of a region held coarser, wanted coarser or too old for that comes whole", () => {
  const whole = { version: 2, flags: 0 };
  assertEquals(choice(changed(), { version: 1, lod: 1 }, 0, ALL), { ...whole, lod: 0, holds: 0 });
  assertEquals(choice(changed(), { version: 1, lod: 0 }, 1, ALL), { ...whole, lod: 1, holds: 1 });
  const forgetful = regionOf(voxelRow(4096, [7]), { version: 2 });
  assertEquals(choice(forgetful, { version: 1, lod: 0 }, 0, ALL), { ...whole, lod: 0, holds: 0 });
});

Deno.test("going coarser in the same version is a whole frame, as the client cannot make means", () => {
  assertEquals(choice(region(4096), { version: 1, lod: 0 }, 2, ALL), {
    lod: 2,
    version: 1,
    flags: 0,
    holds: 2,
  });
});

Deno.test("an empty region has no detail: its frame leaves the client at LOD 0 whatever it wants", () => {
  const empty = region(0, { version: 4 });
  for (const style of [PLAIN, ALL]) {
    const { bytes, lod } = chooseFrame(empty, { version: 3, lod: 0 }, 2, style);
    assertEquals([readFrameHeader(bytes).payloadBytes, lod], [0, 0]);
    assertEquals(choice(empty, NOTHING, 0, style), { lod: 0, version: 4, flags: 0, holds: 0 });
  }
});

Deno.test("a codec without refinements and deltas gets whole frames", () => {
  const style = { ...ALL, codec: 0 as FrameCodec };
  assertEquals(choice(changed(), { version: 1, lod: 0 }, 0, style).flags, 0);
  assertEquals(choice(region(100), { version: 1, lod: 3 }, 0, style).flags, 0);
});

Deno.test("frames are encoded once and shared: the same choice is the same array", () => {
  const one = changed();
  for (
    const [held, lod] of [[NOTHING, 0], [{ version: 2, lod: 3 }, 0], [{ version: 1, lod: 0 }, 0]] as const
  ) {
    assert(chooseFrame(one, held, lod, ALL).bytes === chooseFrame(one, held, lod, ALL).bytes);
  }
});

Deno.test("the payloads that are made ahead are those that will be asked for, and none for other codecs", () => {
  const depth = 6;
  for (const style of [PLAIN, ALL, { ...ALL, coarseLod: 8 }]) {
    for (
      const [held, target] of [[NOTHING, 0], [NOTHING, 2], [NOTHING, 5], [{ version: 1, lod: 3 }, 1]] as const
    ) {
      const one = region(4096, { version: 2 });
      const first = chooseFrame(one, held, target, style);
      const ids = [payloadId(first.lod)];
      if (first.lod !== target) ids.push(payloadId(target, first.lod));
      assertEquals(payloadsAhead(held, target, depth, style), ids);
    }
  }
  assertEquals(payloadsAhead(NOTHING, 0, depth, { ...ALL, codec: 1 }), []);
});
