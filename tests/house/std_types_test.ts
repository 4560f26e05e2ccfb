import {
  assert,
  assertEquals,
  assertExists,
  assertInstanceOf,
  AssertionError,
  assertRejects,
  assertStrictEquals,
  assertThrows,
  fail,
} from "@std/assert";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { accepts } from "@std/http/negotiation";
import { STATUS_CODE, STATUS_TEXT } from "@std/http/status";
import { readProjectFile } from "./project_files.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "." });

interface Declared {
  readonly specifier: string;
  readonly names: readonly string[];
}

/** The modules that types/deno_std.d.ts declares, and the names that exist at run time. */
function parseDeclarations(text: string): Declared[] {
  return text.split(/^declare module /m).slice(1).map((block) => ({
    specifier: /^"([^"]+)"/.exec(block)![1]!,
    names: [...block.matchAll(/^ {2}export (?:abstract )?(?:function|class|const) (\w+)/gm)].map((match) =>
      match[1]!
    ),
  }));
}

testWith(need, "every module and name that types/deno_std.d.ts declares is really there", async () => {
  const declared = parseDeclarations(await readProjectFile("types/deno_std.d.ts"));
  assert(declared.length >= 5);
  for (const { specifier, names } of declared) {
    assert(names.length > 0, `${specifier} declares nothing`);
    const module: Record<string, unknown> = await import(specifier);
    for (const name of names) assert(name in module, `${specifier} has no ${name}`);
  }
});

testWith(need, "every @std module of the import map is declared, and the other way round", async () => {
  const { imports } = JSON.parse(await readProjectFile("deno.json"));
  const mapped = Object.keys(imports).filter((name) => name.startsWith("@std/"));
  const declared = parseDeclarations(await readProjectFile("types/deno_std.d.ts")).map(({ specifier }) =>
    specifier
  );
  assertEquals(declared.toSorted(), mapped.toSorted());
});

testWith(need, "every status that is declared has its number", async () => {
  const text = await readProjectFile("types/deno_std.d.ts");
  const pairs = [...text.matchAll(/^ {4}readonly (\w+): (\d{3});/gm)];
  assert(pairs.length > 10);
  const codes: Readonly<Record<string, number>> = STATUS_CODE;
  for (const [, name, code] of pairs) assertEquals(codes[name!], Number(code), name);
  assertEquals(STATUS_TEXT[STATUS_CODE.NotFound], "Not Found");
});

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Checked by the compiler, not at run time: each line fails `deno check` if the types are lost. */
function typesHold(maybe: string | undefined, thing: unknown, error: unknown): number {
  const isAny: [
    IsAny<typeof assert>,
    IsAny<typeof assertEquals>,
    IsAny<typeof eTag>,
    IsAny<typeof STATUS_CODE>,
  ] = [
    false,
    false,
    false,
    false,
  ];
  // @ts-expect-error: possibly undefined before the assert
  maybe.length;
  assert(maybe !== undefined);
  const length: number = maybe.length;
  assertInstanceOf(error, RangeError);
  const message: string = error.message;
  const list: { readonly first?: number } = {};
  assertExists(list.first);
  const first: number = list.first;
  assertStrictEquals(thing, "text" as const);
  const text: "text" = thing;
  // @ts-expect-error: two arguments of different type
  assertEquals<number>(1, "1");
  // @ts-expect-error: no such status
  STATUS_CODE.Teapots;
  return isAny.length + length + message.length + first + text.length;
}

Deno.test("assert narrows, and a failed one throws an AssertionError with its message", async () => {
  assertEquals(typeof typesHold, "function");
  const error = assertThrows(() => assert(false, "because"), AssertionError);
  assertEquals(error.message, "because");
  assertThrows(() => assertThrows(() => fail("x"), RangeError), AssertionError);
  const rejected: RangeError = await assertRejects(
    () => Promise.reject(new RangeError("r")),
    RangeError,
    "r",
  );
  assertEquals(rejected.name, "RangeError");
  assertThrows(() => assertThrows(() => {}), AssertionError);
});

Deno.test("the modules of @std that the server uses behave as declared", async () => {
  const tag = await eTag("body");
  assert(tag !== undefined);
  assertEquals([ifNoneMatch(tag, tag), ifNoneMatch('"other"', tag), ifNoneMatch(null, tag)], [
    false,
    true,
    true,
  ]);
  const request = { headers: new Headers({ accept: "text/html;q=0.5, application/json" }) };
  assertEquals(accepts(request, "text/html", "application/json"), "application/json");
  assertEquals(accepts(request, "image/png"), undefined);
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  assertEquals([timingSafeEqual(bytes("abc"), bytes("abc")), timingSafeEqual(bytes("abc"), bytes("abd"))], [
    true,
    false,
  ]);
  // Different lengths are an error, not a no: hash both sides before comparing.
  assertThrows(() => timingSafeEqual(bytes("abc"), bytes("ab")), TypeError);
});
