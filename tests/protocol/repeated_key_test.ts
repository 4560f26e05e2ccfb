import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { repeatedKey } from "../../src/protocol/repeated_key.ts";

Deno.test("a key given twice with different values is found, wherever it is", () => {
  const cases: [string, string | undefined][] = [
    ['{"a":1,"b":2}', undefined],
    ['{"a":1,"a":2}', "a"],
    ['{"a":1, "a" : 1 }', undefined],
    ['{"a":{"b":1},"c":{"b":2}}', undefined],
    ['{"x":[{"b":1},{"b":2,"c":[],"b":[]}]}', "b"],
    ['{"a":1,"\\u0061":2}', "a"],
    ['{"a":"}\\"{","a":"}\\"{"}', undefined],
    ['{"a":"\\\\","a":"\\\\\\""}', "a"],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    ['{"a":[1,2,{"q":":,"}],"a":[1,2,{"q":":,"}]}', undefined],
    ["{}", undefined],
    ["[[],{},1]", undefined],
    ['"a,b:{"', undefined],
  ];
  for (const [text, expected] of cases) {
    assertEquals(repeatedKey(text, JSON.parse(text)), expected, text);
  }
});

Deno.test("what JSON.stringify writes never repeats a key", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    assertEquals(repeatedKey(text, JSON.parse(text)), undefined);
  }));
});

Deno.test("a second, different value for any key of any object is found", () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
  fc.assert(fc.property(objects, fc.nat(), (object, pick) => {
    const keys = Object.keys(object);
    const key = keys[pick % keys.length]!;
    const text = JSON.stringify(object).slice(0, -1) + `,${JSON.stringify(key)}:{"other":"value"}}`;
    assertEquals(repeatedKey(text, JSON.parse(text)), key);
  }));
});
