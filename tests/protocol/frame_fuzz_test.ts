import { assert } from "@std/assert";
import fc from "fast-check";
import { decodeFrame, decodeFrameAsync, ProtocolError } from "../../src/protocol/mod.ts";
import { GOLDEN, goldenBytes } from "./golden.ts";
import { inflate } from "./zlib.ts";
import { runs } from "../support/runs.ts";

/** A frozen frame with a few bytes changed and perhaps its length, the header told of it or not. */
const mutated = fc.tuple(
  fc.constantFrom(...GOLDEN),
  fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }),
  fc.option(fc.nat(400)),
  fc.boolean(),
).map(([golden, changes, length, told]) => {
  let bytes = goldenBytes(golden);
  if (length !== null) {
    const resized = new Uint8Array(length);
    resized.set(bytes.subarray(0, length));
    bytes = resized;
  }
  for (const [at, value] of changes) bytes[at % (bytes.length || 1)] = value;
  if (told && bytes.length >= 24) {
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(20, bytes.length - 24, true);
  }
  return bytes;
});

Deno.test("arbitrary bytes are decoded or refused with a ProtocolError", () => {
  const withHeader = fc.uint8Array({ maxLength: 200 }).map((tail) => {
    const bytes = new Uint8Array(24 + tail.length);
    bytes.set([0x52, 0x56, 0x53, 0x45, 1 + (tail.length & 1), 0, 4, tail.length % 3]);
    bytes.set(tail, 24);
    new DataView(bytes.buffer).setUint32(20, tail.length, true);
    return bytes;
  });
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), withHeader), decodesOrRefuses), {
    numRuns: runs(3000),
  });
});

Deno.test("damaged frames are decoded or refused with a ProtocolError, and memory stays in proportion", () => {
  fc.assert(fc.property(mutated, decodesOrRefuses), { numRuns: runs(5000) });
});

Deno.test("damaged frames do the same with the platform's inflater", async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async (bytes) => {
      try {
        await decodeFrameAsync(bytes);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: runs(500) },
  );
});

function decodesOrRefuses(bytes: Uint8Array): void {
  try {
    const frame = decodeFrame(bytes, (deflated, exactBytes) => {
      assert(exactBytes <= deflated.length * 1032, `asked for ${exactBytes} bytes of ${deflated.length}`);
      return inflate(deflated, exactBytes);
    });
    assert(frame.colors.length === frame.keys.length && frame.materials.length === frame.keys.length);
    for (let i = 1; i < frame.keys.length; i++) assert(frame.keys[i - 1]! < frame.keys[i]!, "keys ascend");
    assert(
      frame.keys.length * 4 <= bytes.length || frame.header.codec === 2,
      "as many nodes as there are colours",
    );
    if (frame.header.format === 2 && frame.keys.length > 0 && frame.levels > 1) {
      const root = frame.keys[frame.keys.length - 1]! >>> (3 * (frame.levels - 2));
      assert(root < 6, `root ${root} is one of the six`);
    }
  } catch (error) {
    assert(error instanceof ProtocolError, String(error));
    // A failed claim of the callback above would be wrapped as a failed inflation.
    assert(!String(error.cause).includes("asked for"), String(error.cause));
  }
}
