import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  isPart,
  MAGICS,
  PART_HEADER_BYTES,
  partCount,
  PartJoiner,
  ProtocolError,
  writePart,
} from "../../src/protocol/mod.ts";
import { runs } from "../support/runs.ts";

const LIMIT = { maxTotalBytes: 100_000 };

/** Messages of random lengths, the limit of their parts, and whether they are cut at all. */
const messages = fc.array(
  fc.record({
    message: fc.uint8Array({ minLength: 1, maxLength: 400 }).map(asFrame),
    maxBytes: fc.integer({ min: PART_HEADER_BYTES + 1, max: 500 }),
    isCut: fc.boolean(),
  }),
  { maxLength: 6 },
);

Deno.test("messages of any length come back from parts of any size, with whole ones between them", () => {
  fc.assert(
    fc.property(messages, fc.nat(7), (list, shift) => {
      const joiner = new PartJoiner(LIMIT);
      list.forEach(({ message, maxBytes, isCut }, messageId) => {
        if (!isCut) return assertEquals(joiner.push(message), message);
        const parts = partCount(message.length, maxBytes);
        for (let part = 0; part < parts; part++) {
          const buffer = new Uint8Array(shift + maxBytes);
          const bytes = writePart(message, { messageId, maxBytes }, part, buffer.subarray(shift));
          assert(bytes <= maxBytes && bytes > PART_HEADER_BYTES);
          const joined = joiner.push(buffer.subarray(shift, shift + bytes));
          if (part + 1 < parts) assertEquals(joined, undefined);
          else assertEquals(joined, message);
        }
        assertEquals(joiner.waitingBytes, 0);
      });
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("parts are as many as needed: all but the last are full, and the header has 16 bytes", () => {
  assertEquals([partCount(84, 100), partCount(85, 100), partCount(168, 100), partCount(169, 100)], [
    1,
    2,
    2,
    3,
  ]);
  const [first, last] = partsOf(new Uint8Array(85).fill(7), 3, 100);
  assertEquals([first!.length, last!.length, PART_HEADER_BYTES], [100, 17, 16]);
  assertEquals(last!.toHex(), "56585041" + "03000000" + "0100" + "0200" + "55000000" + "07");
  assertEquals([isPart(first!), isPart(asFrame(new Uint8Array(20))), isPart(new Uint8Array(3))], [
    true,
    false,
    false,
  ]);
});

Deno.test("writing parts refuses what cannot be", () => {
  const split = { messageId: 1, maxBytes: 100 };
  assertThrows(() => partCount(10, 16), RangeError, "no room");
  assertThrows(() => partCount(10, NaN), RangeError, "no room");
  assertThrows(() => partCount(65536, 17), RangeError, "65535 are the most");
  for (const part of [-1, 1, 0.5]) {
    assertThrows(
      () => writePart(new Uint8Array(84), split, part, new Uint8Array(100)),
      RangeError,
      "from 0 to 0",
    );
  }
  assertThrows(
    () => writePart(new Uint8Array(84), split, 0, new Uint8Array(99)),
    RangeError,
    "needs 100 bytes",
  );
});

/** A message of 10 bytes in three parts, 4 bytes each but the last. */
const MESSAGE = asFrame(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
const PARTS = partsOf(MESSAGE, 5, PART_HEADER_BYTES + 4);

/** What comes in place of the second part. */
const WRONG: readonly [name: string, offset: number, next: () => Uint8Array][] = [
  ["the third part", 8, () => PARTS[2]!],
  ["the first part again", 8, () => PARTS[0]!],
  ["a part of another message", 4, () => changed(4, 6)],
  ["a part of another number of parts", 10, () => changed(10, 4)],
  ["a part with another total", 12, () => changed(12, 11)],
  ["a whole message", 0, () => MESSAGE],
  ["a message of another magic", 0, () => new Uint8Array(20)],
  ["a part that carries nothing", 0, () => PARTS[1]!.subarray(0, PART_HEADER_BYTES)],
  ["a cut header", 0, () => PARTS[1]!.subarray(0, 9)],
  ["a part that does not exist", 8, () => changed(8, 3)],
  ["more bytes than the message has", 12, () => Uint8Array.of(...PARTS[1]!, 0, 0, 0)],
];

for (const [name, offset, next] of WRONG) {
  Deno.test(`a message in parts is given up at byte ${offset} for ${name}, and the next one is read`, () => {
    const joiner = new PartJoiner(LIMIT);
    joiner.push(PARTS[0]!);
    const error = assertThrows(() => joiner.push(next()), ProtocolError, "Cannot read part at byte");
    assertEquals([error.offset, joiner.waitingBytes], [offset, 0]);
    assertEquals(joiner.push(PARTS[0]!), undefined);
    joiner.push(PARTS[1]!);
    assertEquals(joiner.push(PARTS[2]!), MESSAGE);
  });
}

Deno.test("a message that begins in its middle, is too long, or ends too early is refused", () => {
  const joiner = new PartJoiner(LIMIT);
  assertThrows(() => joiner.push(PARTS[1]!), ProtocolError, "part 0 is due, part 1 came");
  const ofNone = PARTS[0]!.slice();
  ofNone[10] = 0;
  assertThrows(() => joiner.push(ofNone), ProtocolError, "part 0 of 0 does not exist");
  assertThrows(
    () => new PartJoiner({ maxTotalBytes: 9 }).push(PARTS[0]!),
    ProtocolError,
    "the message has 10 bytes, 9 are taken",
  );
  joiner.push(PARTS[0]!);
  joiner.push(PARTS[1]!);
  assertThrows(
    () => joiner.push(PARTS[2]!.subarray(0, -1)),
    ProtocolError,
    "the message has 10 bytes, its parts 9",
  );
});

Deno.test("a part that promises a long message takes no memory for it", () => {
  const joiner = new PartJoiner({ maxTotalBytes: 0xffffffff });
  const promise = partsOf(MESSAGE, 5, PART_HEADER_BYTES + 4)[0]!;
  new DataView(promise.buffer).setUint32(12, 0xffffffff, true);
  assertEquals([joiner.push(promise), joiner.waitingBytes], [undefined, 4]);
  joiner.reset();
  assertEquals([joiner.waitingBytes, joiner.push(MESSAGE)], [0, MESSAGE]);
});

Deno.test("any messages are joined or refused with a ProtocolError, and no more waits than has come", () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.tuple(fc.nat(2), fc.nat(3), fc.nat(4), fc.nat(12), fc.uint8Array({ maxLength: 6 })).map(
      ([id, part, parts, total, bytes]) => {
        const whole = new Uint8Array(PART_HEADER_BYTES + bytes.length);
        whole.set(bytes, PART_HEADER_BYTES);
        const view = new DataView(whole.buffer);
        view.setUint32(0, MAGICS.part, true);
        view.setUint32(4, id, true);
        view.setUint16(8, part, true);
        view.setUint16(10, parts, true);
        view.setUint32(12, total, true);
        return whole;
      },
    ),
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), (list) => {
      const joiner = new PartJoiner({ maxTotalBytes: 10 });
      let come = 0;
      for (const bytes of list) {
        come += bytes.length;
        try {
          const whole = joiner.push(bytes);
          if (whole !== undefined && whole !== bytes) assert(whole.length <= 10);
        } catch (error) {
          assert(error instanceof ProtocolError, String(error));
        }
        assert(joiner.waitingBytes <= Math.min(come, 10));
      }
    }),
    { numRuns: runs(3000) },
  );
});

function partsOf(message: Uint8Array, messageId: number, maxBytes: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: partCount(message.length, maxBytes) }, (_, part) => {
    const into = new Uint8Array(maxBytes);
    return into.slice(0, writePart(message, { messageId, maxBytes }, part, into));
  });
}

/** The second part with one byte changed. */
function changed(at: number, value: number): Uint8Array {
  const bytes = PARTS[1]!.slice();
  bytes[at] = value;
  return bytes;
}

/** Bytes that are no part themselves. */
function asFrame(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[0] = 0x52;
  return copy;
}
