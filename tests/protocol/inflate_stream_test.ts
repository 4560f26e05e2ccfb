import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  decodeFrame,
  decodeFrameAsync,
  encodeFrame,
  inflateExact,
  ProtocolError,
} from "../../src/protocol/mod.ts";
import { GOLDEN, goldenBytes } from "./golden.ts";
import { deflate, inflate } from "./zlib.ts";

Deno.test("the asynchronous decoder gives what the synchronous one gives", async () => {
  for (const golden of GOLDEN) {
    const bytes = goldenBytes(golden);
    assertEquals(await decodeFrameAsync(bytes), decodeFrame(bytes, inflate));
  }
});

Deno.test("inflating gives exactly the bytes, over several slices of input", async () => {
  const raw = noise(50_000);
  const deflated = deflate(raw);
  assert(deflated.length > 3 * 8192);
  assertEquals(await inflateExact(deflated, raw.length), raw);
});

Deno.test("inflating refuses more or fewer bytes than announced, damage, and bytes after the end", async () => {
  const deflated = deflate(noise(50_000));
  await assertRejects(() => inflateExact(deflated, 49_999), RangeError, "More than 49999");
  await assertRejects(() => inflateExact(deflated, 50_001), RangeError, "Only 50000 of 50001");
  await assertRejects(() => inflateExact(Uint8Array.of(...deflated, 0), 50_000), TypeError);
  await assertRejects(() => inflateExact(deflated.subarray(0, 20_000), 50_000));
});

Deno.test("a stream that expands without end is given up after its first slices", async () => {
  const bomb = deflate(new Uint8Array(40_000_000));
  const taken = countInput();
  try {
    await assertRejects(() => inflateExact(bomb, 1000), RangeError, "More than 1000");
  } finally {
    taken.restore();
  }
  assert(
    taken.bytes > 0 && taken.bytes <= 3 * 8192,
    `${taken.bytes} of ${bomb.length} bytes were given to the inflater`,
  );
});

Deno.test("a frame whose checksum is cut off is refused though the platform lets it pass", async () => {
  const golden = GOLDEN.find(({ fields, nodes }) => fields.codec === 2 && nodes.length > 0)!;
  const payload = goldenBytes(golden).subarray(24, -2);
  await assertRejects(() => decodeFrameAsync(encodeFrame(golden.fields, payload)), ProtocolError);
});

function noise(bytes: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: bytes }, () => (state = (state * 48271) % 0x7fffffff) & 255);
}

/** Puts a counter before the platform's inflater: how much input it was given. */
function countInput(): { bytes: number; restore: () => void } {
  const original = globalThis.DecompressionStream;
  const taken = { bytes: 0, restore: () => void (globalThis.DecompressionStream = original) };
  globalThis.DecompressionStream = class {
    readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
    readonly writable: WritableStream<BufferSource>;
    constructor(format: CompressionFormat) {
      const inflater = new original(format);
      const writer = inflater.writable.getWriter();
      this.readable = inflater.readable;
      this.writable = new WritableStream<BufferSource>({
        write: async (chunk) => {
          taken.bytes += chunk.byteLength;
          await writer.write(chunk);
        },
        close: () => writer.close(),
        abort: (reason) => writer.abort(reason),
      });
    }
  };
  return taken;
}
