import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatColor, parseColor } from "../../src/protocol/mod.ts";

Deno.test("a colour is packed with red lowest and is opaque unless told", () => {
  assertEquals(parseColor("#336699"), 0xff996633);
  assertEquals(parseColor("#33669980"), 0x80996633);
  assertEquals(parseColor("#ABCDEF"), 0xffefcdab);
  assertEquals(formatColor(0xff996633), "#336699");
  assertEquals(formatColor(0x00030201), "#01020300");
});

Deno.test("what is not a colour is refused", () => {
  for (
    const text of [
      "",
      "336699",
      "#369",
      "#33669",
      "#3366990",
      "#33669g",
      "#336699 ",
      "#336699\n",
      "red",
      "#-33669",
    ]
  ) {
    assertEquals(parseColor(text), undefined, JSON.stringify(text));
  }
});

Deno.test("every packed colour survives its text", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (color) => {
    assertEquals(parseColor(formatColor(color)), color);
  }));
});
