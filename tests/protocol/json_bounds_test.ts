import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkJsonBounds, parseClientMessage, VoxcastError } from "../../src/protocol/mod.ts";
import { runs } from "../support/runs.ts";

Deno.test("depth and values are counted as they are, strings and white space aside", () => {
  const cases: [text: string, depth: number, values: number][] = [
    ["1", 0, 1],
    ['"[[[,,,"', 0, 1],
    ["[]", 1, 1],
    ["[ \n ]", 1, 1],
    ["[[]]", 2, 2],
    ["[1,[2,3],{}]", 2, 6],
    ['{"a":1,"b":{"c":[]}}', 3, 4],
    ['["\\"[,\\\\", "\\\\\\"]"]', 1, 3],
    ['{"\\\\":"\\\\"}', 1, 2],
  ];
  for (const [text, depth, values] of cases) {
    JSON.parse(text);
    const padded = text.padEnd(1000);
    checkJsonBounds(padded, { maxJsonDepth: depth, maxJsonValues: values });
    if (depth > 0) refused(padded, depth - 1, values, `The JSON is nested deeper than ${depth - 1} levels`);
    if (values > 1) refused(padded, depth, values - 1, `The JSON has more than ${values - 1} values`);
  }
});

Deno.test("the shortest texts that break a bound are not too short to be looked at", () => {
  for (const depth of [1, 4, 32]) {
    const text = "[".repeat(depth + 1) + "]".repeat(depth + 1);
    refused(text, depth, 10_000, `The JSON is nested deeper than ${depth} levels`);
  }
  for (const values of [2, 16, 10_000]) {
    const text = `[${"0,".repeat(values - 1)}0]`;
    refused(text, 1000, values, `The JSON has more than ${values} values`);
  }
});

Deno.test("property: a JSON text is refused exactly if it has more of either than is allowed", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(6), fc.nat(30), fc.nat(2), (value, depth, values, indent) => {
      const text = JSON.stringify(value, null, indent);
      const measured = measure(value);
      const bounds = { maxJsonDepth: depth, maxJsonValues: values };
      if (measured.depth > depth || measured.values > values) {
        assertThrows(() => checkJsonBounds(text, bounds), VoxcastError);
      } else checkJsonBounds(text, bounds);
    }),
    { numRuns: runs(2000) },
  );
});

Deno.test("property: any text is let through or refused, and ends", () => {
  const bounds = { maxJsonDepth: 2, maxJsonValues: 5 };
  const parts = fc.constantFrom("[", "]", "{", "}", '"', "\\", ",", ":", " ", "a");
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 40 }), (some) => {
      try {
        checkJsonBounds(some.join(""), bounds);
      } catch (error) {
        assertEquals((error as VoxcastError).code, "JSON_TOO_COMPLEX");
      }
    }),
    { numRuns: runs(2000) },
  );
});

Deno.test("a message too complex is refused before it is parsed, one at the bounds is read", () => {
  const bounds = { maxJsonDepth: 4, maxJsonValues: 20 };
  const nested = (depth: number) => `{"type":"PING","x":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
  assertEquals(parseClientMessage(nested(4), bounds).type, "PING");
  const error = assertThrows(() => parseClientMessage(nested(5), bounds), VoxcastError);
  assertEquals([error.code, error.entry.httpStatus], ["JSON_TOO_COMPLEX", 413]);
  // It is no JSON either: the bounds come first.
  assertThrows(
    () => parseClientMessage("[".repeat(60_000), bounds),
    VoxcastError,
    "nested deeper than 4 levels",
  );
  assertThrows(
    () => parseClientMessage(`[${"0,".repeat(30_000)}`, bounds),
    VoxcastError,
    "more than 20 values",
  );
});

function refused(text: string, maxJsonDepth: number, maxJsonValues: number, message: string): void {
  const error = assertThrows(() => checkJsonBounds(text, { maxJsonDepth, maxJsonValues }), VoxcastError);
  assertEquals([error.code, error.message], ["JSON_TOO_COMPLEX", message], text.trim());
}

function measure(value: unknown): { depth: number; values: number } {
  if (typeof value !== "object" || value === null) return { depth: 0, values: 1 };
  const inner = Object.values(value).map(measure);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    values: 1 + inner.reduce((sum, { values }) => sum + values, 0),
  };
}
