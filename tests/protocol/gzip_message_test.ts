import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  encodeGzipMessage,
  GZIP_HEADER_BYTES,
  isGzipMessage,
  ProtocolError,
  readGzipMessage,
} from "../../src/protocol/mod.ts";
import { GOLDEN, goldenBytes } from "./golden.ts";

const HEX = "5658475a 01 00 0000 39300000 1f8b08";
const BYTES = Uint8Array.from(HEX.replaceAll(" ", "").match(/../g)!, (pair) => parseInt(pair, 16));

Deno.test("a compressed message has the documented bytes", () => {
  assertEquals(encodeGzipMessage("binary", 12345, BYTES.subarray(GZIP_HEADER_BYTES)), BYTES);
  assertEquals(encodeGzipMessage("text", 12345, new Uint8Array())[4], 0);
});

Deno.test("a compressed message is taken apart, wherever it lies in its buffer", () => {
  const shifted = new Uint8Array([9, ...BYTES]).subarray(1);
  for (const bytes of [BYTES, shifted]) {
    const { kind, inflatedBytes, gzip } = readGzipMessage(bytes);
    assertEquals([kind, inflatedBytes, [...gzip]], ["binary", 12345, [0x1f, 0x8b, 0x08]]);
  }
});

Deno.test("only its magic makes a message a compressed one", () => {
  assert(isGzipMessage(BYTES));
  assert(isGzipMessage(BYTES.subarray(0, 4)));
  assert(!isGzipMessage(BYTES.subarray(0, 3)));
  for (const golden of GOLDEN) assert(!isGzipMessage(goldenBytes(golden)));
});

Deno.test("wrong bytes are refused with the place of the fault", () => {
  const cases: [change: (bytes: Uint8Array) => Uint8Array, text: string][] = [
    [(bytes) => bytes.subarray(0, 11), "at byte 0: the header needs 12 bytes, 11 are there"],
    [(bytes) => set(bytes, 3, 0x59), 'at byte 0: the magic is 0x59475856, not 0x5a475856 ("VXGZ")'],
    [(bytes) => set(bytes, 4, 2), "at byte 4: the kind is 2, not 0 (text) or 1 (binary)"],
    [(bytes) => set(bytes, 5, 1), "at byte 5: the reserved bytes are not 0"],
    [(bytes) => set(bytes, 7, 1), "at byte 5: the reserved bytes are not 0"],
  ];
  for (const [change, text] of cases) {
    assertThrows(
      () => readGzipMessage(change(BYTES.slice())),
      ProtocolError,
      `Cannot read compressed message ${text}`,
    );
  }
});

Deno.test("a size that does not fit its field cannot be written", () => {
  for (const size of [-1, 0.5, 2 ** 32, NaN]) {
    assertThrows(() => encodeGzipMessage("text", size, new Uint8Array()), RangeError);
  }
  assertEquals(
    readGzipMessage(encodeGzipMessage("text", 0xffffffff, new Uint8Array())).inflatedBytes,
    0xffffffff,
  );
});

function set(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value;
  return bytes;
}
