import { assertEquals } from "@std/assert";
import { parseText } from "../../src/config/parse_text.ts";
import { editDistance, nearestName } from "../../src/config/nearest_name.ts";

Deno.test("numbers are decimal text; anything else stays text for the schema to refuse", () => {
  for (const [text, value] of [["7", 7], [" -0.5 ", -0.5], ["1e3", 1000], [".5", 0.5], ["+2", 2]] as const) {
    assertEquals(parseText(text, "number"), value);
  }
  for (const text of ["", " ", "0x10", "1_000", "12px", "NaN", "Infinity", "1,5", "١"]) {
    assertEquals(parseText(text, "integer"), text);
  }
});

Deno.test("booleans are true, false, 1 and 0 in any letter case", () => {
  assertEquals(["true", "TRUE", "1"].map((text) => parseText(text, "boolean")), [true, true, true]);
  assertEquals(["false", "False", "0"].map((text) => parseText(text, "boolean")), [false, false, false]);
  assertEquals(["yes", "on", "", "2"].map((text) => parseText(text, "boolean")), ["yes", "on", "", "2"]);
});

Deno.test("lists are JSON lists or comma lists", () => {
  for (const text of ["100,300", "[100, 300]", " 100 , 300 "]) {
    assertEquals(parseText(text, "numbers"), [100, 300]);
  }
  assertEquals(parseText("", "numbers"), []);
  assertEquals(parseText("[]", "numbers"), []);
  for (const text of ["1,,2", "1;2", "[1", "one"]) assertEquals(parseText(text, "numbers"), text);
});

Deno.test("lists of text are JSON lists or comma lists; what is neither stays text", () => {
  for (const text of ["a,b", '["a","b"]', " a , b ", ' [ "a", "b" ] ']) {
    assertEquals(parseText(text, "texts"), ["a", "b"]);
  }
  assertEquals(parseText('["a,b"]', "texts"), ["a,b"]);
  assertEquals(parseText("a", "texts"), ["a"]);
  assertEquals(parseText(" ", "texts"), []);
  assertEquals(parseText("[]", "texts"), []);
  assertEquals(parseText("a,,b", "texts"), ["a", "", "b"]);
  for (const text of ["[a,b]", '["a"', "[::1]"]) assertEquals(parseText(text, "texts"), text);
});

Deno.test("text is left as it is, blanks included", () => {
  assertEquals(parseText(" a b ", "text"), " a b ");
});

Deno.test("the nearest name is the one with the fewest edits, also across a forgotten group", () => {
  const known = [
    "port",
    "host",
    "streaming.maxClientsPerServer",
    "world.maxWorlds",
    "performance.regionCacheTtlMs",
  ];
  assertEquals(nearestName("prot", known), "port");
  assertEquals(nearestName("maxClientsPerServer", known), "streaming.maxClientsPerServer");
  assertEquals(nearestName("cache.regionCacheTtlMs", known), "performance.regionCacheTtlMs");
  assertEquals(nearestName("world.maxWorld", known), "world.maxWorlds");
  assertEquals(editDistance("ab", "ba"), 1);
  assertEquals(editDistance("", "abc"), 3);
});
