import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  BUNDLE_HEADER_BYTES,
  bundleBytes,
  encodeEmptyFrame,
  encodeFrame,
  MAGICS,
  MAX_BUNDLE_FRAMES,
  ProtocolError,
  readBulk,
  readMagic,
  writeBundle,
} from "../../src/protocol/mod.ts";
import { runs } from "../support/runs.ts";

const frames = fc.array(
  fc.tuple(fc.nat(4095), fc.uint8Array({ maxLength: 60 })).map(([morton, payload]) =>
    frameOf(morton, payload)
  ),
  { minLength: 1, maxLength: 20 },
);

Deno.test("a bundle gives its frames back, in order, wherever in a buffer it was written", () => {
  fc.assert(
    fc.property(frames, fc.nat(9), fc.nat(50), (given, before, after) => {
      const bytes = bundleBytes(given);
      const buffer = new Uint8Array(before + bytes + after).fill(0xee);
      const into = buffer.subarray(before);
      assertEquals(writeBundle(given, into), bytes);
      assertEquals(readBulk(into.subarray(0, bytes)), given);
      assert(buffer.subarray(0, before).every(isFill) && into.subarray(bytes).every(isFill));
    }),
    { numRuns: runs(200) },
  );
});

Deno.test("a bundle has 8 bytes more than its frames and reads VXBN on the wire", () => {
  const given = [frameOf(1, Uint8Array.of(1, 2, 3)), frameOf(2, new Uint8Array(0))];
  const bytes = bundle(given);
  assertEquals([bytes.length, BUNDLE_HEADER_BYTES], [8 + 24 + 3 + 24, 8]);
  assertEquals(bytes.subarray(0, 8).toHex(), "5658424e02000000");
});

Deno.test("a message that is one frame has that frame, and one of another magic has none", () => {
  const frame = frameOf(3, Uint8Array.of(9));
  assertEquals(readBulk(frame), [frame]);
  for (const magic of Object.values(MAGICS)) {
    if (magic === MAGICS.frame || magic === MAGICS.bundle) continue;
    const message = frame.slice();
    new DataView(message.buffer).setUint32(0, magic, true);
    assertEquals(readBulk(message), []);
  }
  for (const bytes of [[], [0x56], [0x56, 0x58, 0x42]]) assertEquals(readBulk(Uint8Array.from(bytes)), []);
});

Deno.test("no two sorts of binary message have one magic, and all read as four letters", () => {
  const magics = Object.values(MAGICS);
  assertEquals(new Set(magics).size, magics.length);
  const letters = magics.map((magic) =>
    new TextDecoder().decode(new Uint8Array(Uint32Array.of(magic).buffer))
  );
  assertEquals(letters, ["RVSE", "VXBN", "VXPA", "VXKN", "VXVF", "VXGZ", "VXPT"]);
  for (const magic of magics) {
    const bytes = new Uint8Array(Uint32Array.of(magic, 0).buffer);
    assertEquals([readMagic(bytes), readMagic(bytes.subarray(0, 4)), readMagic(bytes.subarray(0, 3))], [
      magic,
      magic,
      undefined,
    ]);
  }
});

const WHOLE = bundle([frameOf(1, Uint8Array.of(1, 2, 3)), frameOf(2, new Uint8Array(0))]);

const DAMAGE: readonly [name: string, offset: number, change: (bytes: Uint8Array) => Uint8Array | void][] = [
  ["a cut header", 0, (bytes) => bytes.subarray(0, 7)],
  ["no frame", 4, (bytes) => bytes.fill(0, 4, 5)],
  ["a reserved field that is set", 6, (bytes) => bytes.fill(1, 7, 8)],
  ["a frame fewer than are there", 35, (bytes) => bytes.fill(1, 4, 5)],
  ["a frame more than are there", 59, (bytes) => bytes.fill(3, 4, 5)],
  ["a bundle in a bundle", 8, (bytes) => bytes.set(bytes.slice(0, 4), 8)],
  ["a wrong level of the second frame", 35 + 6, (bytes) => bytes.fill(9, 41, 42)],
  ["a payload that reaches too far", 8 + 20, (bytes) => bytes.fill(28, 28, 29)],
  ["a payload of four thousand million bytes", 35 + 20, (bytes) => bytes.fill(255, 55, 59)],
  ["bytes behind the last frame", 59, (bytes) => Uint8Array.of(...bytes, 0)],
  ["a cut last frame", 35, (bytes) => bytes.subarray(0, -1)],
];

for (const [name, offset, change] of DAMAGE) {
  Deno.test(`a bundle is refused at byte ${offset} for ${name}`, () => {
    const bytes = WHOLE.slice();
    const error = assertThrows(
      () => readBulk(change(bytes) ?? bytes),
      ProtocolError,
      "Cannot read bundle at byte",
    );
    assertEquals(error.offset, offset);
  });
}

Deno.test("damaged bundles are read or refused with a ProtocolError, and no frame reaches beyond the message", () => {
  const damaged = fc.tuple(
    frames,
    fc.array(fc.tuple(fc.oneof(fc.nat(40), fc.nat(600)), fc.nat(255)), { maxLength: 3 }),
    fc.option(fc.nat(600)),
  );
  fc.assert(
    fc.property(damaged, ([given, changes, length]) => {
      let bytes = bundle(given);
      if (length !== null) bytes = bytes.slice(0, length);
      for (const [at, value] of changes) bytes[at % (bytes.length || 1)] = value;
      try {
        let total = 0;
        const found = readBulk(bytes);
        for (const frame of found) total += frame.length;
        if (readMagic(bytes) === MAGICS.bundle) assertEquals(total + BUNDLE_HEADER_BYTES, bytes.length);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: runs(3000) },
  );
});

Deno.test("writing a bundle refuses no frame, too many, and a buffer that is too small", () => {
  const frame = frameOf(1, new Uint8Array(0));
  assertThrows(() => writeBundle([], new Uint8Array(99)), RangeError, "1 to 65535 frames, not 0");
  const many = new Array<Uint8Array>(MAX_BUNDLE_FRAMES + 1).fill(frame);
  assertThrows(() => writeBundle(many, new Uint8Array(8)), RangeError, "not 65536");
  assertThrows(() => writeBundle([frame], new Uint8Array(31)), RangeError, "needs 32 bytes, 31 are given");
});

function bundle(given: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bundleBytes(given));
  writeBundle(given, bytes);
  return bytes;
}

function frameOf(morton: number, payload: Uint8Array): Uint8Array {
  const fields = { kind: "esvo", lod: 0, level: 4, morton, version: 1, codec: 2 } as const;
  return payload.length === 0 ? encodeEmptyFrame(fields) : encodeFrame(fields, payload);
}

function isFill(byte: number): boolean {
  return byte === 0xee;
}
