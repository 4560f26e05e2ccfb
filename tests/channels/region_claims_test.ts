import { assert, assertEquals, assertThrows } from "@std/assert";
import { RegionClaims } from "../../src/channels/mod.ts";
import { encodeKnown, type KnownRegions, readKnown, VoxcastError } from "../../src/protocol/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A message as the server reads it, of so many regions. */
function known(regions: number): KnownRegions {
  const entries = Array.from({ length: regions }, (_, morton) => ({ morton, version: 1, lod: 0 }));
  const target = { kind: "esvo", level: 7, world: "w", epoch: 1 } as const;
  return readKnown(encodeKnown("KNOWN", target, entries, 1 << 24)[0]!);
}

function setUp(maxBytes = 1 << 20) {
  const clock = new ManualClock();
  const claims = new RegionClaims<number>({ clock, maxRegions: 4096, maxBytes, ttlMs: 10_000 });
  return { clock, claims };
}

function assertBusy(work: () => void): void {
  assertEquals(assertThrows(work, VoxcastError).code, "BUSY");
}

Deno.test("defect: claims of many connections together take no more than maxKnownBytes, and room comes back", () => {
  const { clock, claims } = setUp(200_000);
  const message = known(4096);
  let taken = 0;
  for (let owner = 0; owner < 400; owner++) {
    try {
      claims.add(owner, message);
      taken++;
    } catch (error) {
      assertEquals((error as VoxcastError).code, "BUSY");
    }
  }
  assert(taken >= 4 && claims.heldBytes <= 200_000 && claims.heldBytes >= taken * 4096 * 9, `${taken}`);
  for (let owner = 0; owner < taken; owner++) assertEquals(claims.take(owner), [message]);
  assertEquals([claims.heldBytes, clock.pending], [0, 0]);
  claims.add(1, message);
  claims[Symbol.dispose]();
  assertEquals(clock.pending, 0);
});

Deno.test("defect: claims that no registration follows are dropped by time, each connection's by its own", () => {
  const { clock, claims } = setUp();
  const message = known(64);
  claims.add(1, message);
  clock.advance(4000);
  claims.add(2, message);
  claims.add(3, message);
  clock.advance(4000);
  claims.add(1, message);
  clock.advance(5999);
  assertEquals(claims.take(2), [message]);
  claims.add(2, message);
  clock.advance(1);
  assertEquals(claims.take(3), []);
  clock.advance(4000);
  assertEquals(claims.take(1), [], "10 s after the last of them");
  assert(claims.heldBytes > 0);
  clock.advance(5999);
  assertEquals([claims.heldBytes, clock.pending, claims.take(2)], [0, 0, []]);
});

Deno.test("a refused claim leaves what was claimed before as it was", () => {
  const { clock, claims } = setUp();
  claims.add(1, known(4000));
  const { heldBytes } = claims;
  assertBusy(() => claims.add(1, known(97)));
  assertEquals(claims.heldBytes, heldBytes);
  claims.add(1, known(96));
  assertEquals(claims.take(1).map(({ mortons }) => mortons.length), [4000, 96]);
  for (let i = 0; i < 64; i++) claims.add(1, known(1));
  assertBusy(() => claims.add(1, known(1)));
  claims.take(1);
  assertEquals([claims.heldBytes, clock.pending], [0, 0]);
});

Deno.test("what is kept of a claim is its numbers, not the message that they came in", () => {
  const { mortons, versions, lods, groupHashes } = known(1000);
  const bytes = [mortons, versions, lods, groupHashes].map(({ buffer }) => buffer.byteLength);
  assertEquals(bytes, [4000, 4000, 1000, 128]);
});
