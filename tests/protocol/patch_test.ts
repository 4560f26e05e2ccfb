import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodePatch,
  encodePatch,
  patchBytes,
  type PatchCells,
  VoxcastError,
} from "../../src/protocol/mod.ts";
import { runs } from "../support/runs.ts";

const GOLDEN_HEX = "56585054" + "01000000" + "02000000" + "00000000" +
  "010000000200000003000000" + "ff030000ff03000000000000" + "336699ff" + "00000000" + "0709";
const GOLDEN_CELLS: PatchCells = {
  positions: Uint32Array.of(1, 2, 3, 1023, 1023, 0),
  colors: Uint32Array.of(0xff996633, 0),
  materials: Uint8Array.of(7, 9),
};

Deno.test("the golden patch is written and read as documented", () => {
  assertEquals(encodePatch(GOLDEN_CELLS).toHex(), GOLDEN_HEX);
  assertEquals(decodePatch(Uint8Array.fromHex(GOLDEN_HEX)), GOLDEN_CELLS);
});

Deno.test("any cells survive, wherever the bytes lie in their buffer", () => {
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const cells = fc.array(fc.tuple(u32, u32, u32, u32, fc.nat(255)), { maxLength: 20 });
  fc.assert(fc.property(cells, fc.boolean(), fc.nat(3), (rows, withMaterials, shift) => {
    const patch: PatchCells = {
      positions: Uint32Array.from(rows.flatMap(([x, y, z]) => [x, y, z])),
      colors: Uint32Array.from(rows, (row) => row[3]),
      ...(withMaterials ? { materials: Uint8Array.from(rows, (row) => row[4]) } : {}),
    };
    const bytes = encodePatch(patch);
    assertEquals(bytes.length, patchBytes(rows.length, withMaterials));
    const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
    shifted.set(bytes);
    assertEquals(decodePatch(shifted), patch);
  }));
});

Deno.test("a patch is refused with the offset and what was expected", () => {
  const cases: [name: string, change: (bytes: Uint8Array) => Uint8Array | void, message: string][] = [
    ["cut header", (b) => b.subarray(0, 15), "at byte 0: the header needs 16 bytes, 15 are there"],
    ["magic", (b) => set(b, 0, 0), 'at byte 0: the magic is 0x54505800, not 0x54505856 ("VXPT")'],
    ["flags", (b) => set(b, 4, 3), "at byte 4: flags 0x3 have bits other than 1 (materials)"],
    [
      "count",
      (b) => set(b, 11, 0xff),
      "at byte 8: 4278190082 cells need 72729231410 bytes in all, 50 are there",
    ],
    ["reserved", (b) => set(b, 12, 1), "at byte 12: the reserved field is not 0"],
    ["short", (b) => b.subarray(0, -1), "at byte 8: 2 cells need 50 bytes in all, 49 are there"],
    ["long", (b) => Uint8Array.of(...b, 0), "at byte 8: 2 cells need 50 bytes in all, 51 are there"],
  ];
  for (const [name, change, message] of cases) {
    const bytes = Uint8Array.fromHex(GOLDEN_HEX);
    const error = assertThrows(() => decodePatch(change(bytes) ?? bytes), VoxcastError, undefined, name);
    assertEquals([error.code, error.message], ["INVALID_BODY", `Cannot read patch ${message}`]);
  }
});

Deno.test("arrays that do not belong together are not written", () => {
  const colors = new Uint32Array(2);
  assertThrows(() => encodePatch({ positions: new Uint32Array(5), colors }), RangeError);
  const positions = new Uint32Array(6);
  assertThrows(() => encodePatch({ positions, colors, materials: new Uint8Array(1) }), RangeError);
});

Deno.test("any bytes are a patch or refused with INVALID_BODY", () => {
  const golden = Uint8Array.fromHex(GOLDEN_HEX);
  const changes = fc.array(fc.tuple(fc.nat(golden.length - 1), fc.nat(255)), { maxLength: 3 });
  const mutated = fc.tuple(changes, fc.nat(golden.length)).map(([list, length]) => {
    const bytes = golden.slice(0, golden.length - (length % 4));
    for (const [at, value] of list) bytes[at] = value;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated), (bytes) => {
      try {
        const { positions, colors } = decodePatch(bytes);
        assertEquals(positions.length, colors.length * 3);
      } catch (error) {
        assert(error instanceof VoxcastError && error.code === "INVALID_BODY", String(error));
      }
    }),
    { numRuns: runs(2000) },
  );
});

function set(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
}
