import { assertEquals } from "@std/assert";
import { adler32 } from "../../src/protocol/adler32.ts";
import { deflate } from "./zlib.ts";

Deno.test("the checksum is the one of RFC 1950", () => {
  assertEquals(adler32(new TextEncoder().encode("Wikipedia")), 0x11e60398);
  assertEquals(adler32(new Uint8Array(0)), 1);
});

Deno.test("the checksum of any length is the one that ends a zlib stream", () => {
  for (const length of [1, 5551, 5552, 5553, 100_000]) {
    const bytes = new Uint8Array(length).fill(255);
    const stream = deflate(bytes);
    assertEquals(adler32(bytes), new DataView(stream.buffer).getUint32(stream.length - 4));
  }
});
