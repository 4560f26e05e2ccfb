import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { crc32, inflateSync } from "node:zlib";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { encodePng } from "../../src/trace/mod.ts";
import { runs } from "../support/runs.ts";

/** Chunks of a PNG by type, checked sums included. */
function chunksOf(png: Uint8Array): [type: string, data: Uint8Array][] {
  assertEquals([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: [string, Uint8Array][] = [];
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const named = png.subarray(at + 4, at + 8 + length);
    assertEquals(view.getUint32(at + 8 + length), crc32(named));
    chunks.push([new TextDecoder().decode(named.subarray(0, 4)), named.subarray(4)]);
    at += 12 + length;
  }
  return chunks;
}

/** Takes the filter away again. */
function decode(png: Uint8Array): { width: number; height: number; rgb: Uint8Array } {
  const chunks = chunksOf(png);
  assertEquals(chunks.map(([type]) => type), ["IHDR", "IDAT", "IEND"]);
  const header = new DataView(chunks[0]![1].buffer, chunks[0]![1].byteOffset);
  const width = header.getUint32(0);
  const height = header.getUint32(4);
  assertEquals([...chunks[0]![1].subarray(8)], [8, 2, 0, 0, 0]);
  const rows = inflateSync(chunks[1]![1]);
  const rgb = new Uint8Array(3 * width * height);
  assertEquals(rows.length, height * (1 + 3 * width));
  for (let row = 0; row < height; row++) {
    assertEquals(rows[row * (1 + 3 * width)], 2);
    for (let i = 0; i < 3 * width; i++) {
      const above = row === 0 ? 0 : rgb[(row - 1) * 3 * width + i]!;
      rgb[row * 3 * width + i] = rows[row * (1 + 3 * width) + 1 + i]! + above;
    }
  }
  return { width, height, rgb };
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  return rgba.filter((_, i) => i % 4 < 3);
}

Deno.test("a PNG holds just the colours given, for any size", async () => {
  const size = fc.integer({ min: 1, max: 40 });
  await fc.assert(
    fc.asyncProperty(size, size, fc.nat(), async (width, height, seed) => {
      const rgba = Uint8Array.from(
        { length: 4 * width * height },
        (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 24,
      );
      const png = await encodePng(rgba, width, height);
      assertEquals(decode(png), { width, height, rgb: withoutAlpha(rgba) });
    }),
    { numRuns: runs(30) },
  );
});

Deno.test("a PNG of many turns is read alike by another decoder", async () => {
  const [width, height] = [700, 300];
  const rgba = new Uint8Array(4 * width * height);
  for (let i = 0; i < rgba.length; i++) rgba[i] = i % 4 === 3 ? 255 : (i >>> 6) + (i % 4) * (i >>> 12);
  const png = await encodePng(rgba, width, height);
  const read = PNG.sync.read(Buffer.from(png));
  assertEquals([read.width, read.height], [width, height]);
  assertEquals(new Uint8Array(read.data), rgba);
  assert(png.length < rgba.length / 4, `${png.length} bytes`);
});

Deno.test("a PNG of bytes that make no picture of the size is refused, and one not wanted any more is given up", async () => {
  for (const [bytes, width, height] of [[16, 2, 1], [0, 0, 1], [0, 1, 0], [4, NaN, 1]] as const) {
    await assertRejects(() => encodePng(new Uint8Array(bytes), width, height), RangeError, "cannot have");
  }
  const gone = AbortSignal.abort(new Error("gone away"));
  await assertRejects(() => encodePng(new Uint8Array(4), 1, 1, gone), Error, "gone away");
});
