import { assertEquals, assertThrows } from "@std/assert";
import { type ShaderFile, ShaderSource } from "../../../src/gpu/mod.ts";
import { SORTED_STAGES } from "../../../src/build/gpu/sorted_stages.ts";
import { BUILD_STAGES, SHAPE_STAGES } from "../../../src/build/gpu/stages.ts";

const PARTS = new Map<string, ShaderFile>([
  ["one", { path: "shared/one.wgsl", text: "const ONE = 1u;\n" }],
  ["two", { path: "shared/two.wgsl", text: "const TWO =\n  2u;\n" }],
]);

function source(text: string): ShaderSource {
  return new ShaderSource({ path: "build/own.wgsl", text }, PARTS);
}

Deno.test("The parts that a stage needs come before it, in the order named", () => {
  const { code } = source("// Needs: two, one\nfn main() {}\n");
  assertEquals(code, "const TWO =\n  2u;\nconst ONE = 1u;\n// Needs: two, one\nfn main() {}\n");
  assertEquals(source("fn main() {}\n").code, "fn main() {}\n");
});

Deno.test("A part that is not there is named", () => {
  assertThrows(
    () => source("// Needs: one, three\n"),
    RangeError,
    "Shader build/own.wgsl needs three, which is not there",
  );
});

Deno.test("Lines of the whole are found again in the file that they stand in", () => {
  const own = source("// Needs: one, two\n\nfn main() {\n}");
  assertEquals([1, 2, 3, 4, 5, 6, 7].map((line) => own.locate(line)), [
    { place: "shared/one.wgsl:1", text: "const ONE = 1u;" },
    { place: "shared/two.wgsl:1", text: "const TWO =" },
    { place: "shared/two.wgsl:2", text: "2u;" },
    { place: "build/own.wgsl:1", text: "// Needs: one, two" },
    { place: "build/own.wgsl:2", text: "" },
    { place: "build/own.wgsl:3", text: "fn main() {" },
    { place: "build/own.wgsl:4", text: "}" },
  ]);
  assertEquals(own.locate(8), { place: "build/own.wgsl:?", text: "" });
});

Deno.test("Bindings are listed by number, with whether they are written", () => {
  const own = source(`
@group(0) @binding(1) var<storage, read_write> made: array<u32>;
@group(0) @binding(0)
var<storage,read> given: array<u32>;
var<workgroup> words: array<u32, 4>;
`);
  assertEquals(own.bindings, [
    { name: "given", index: 0, isWritten: false },
    { name: "made", index: 1, isWritten: true },
  ]);
});

Deno.test("Numbers of bindings have no gap and no repeat", () => {
  const of = (...numbers: number[]) =>
    source(numbers.map((i) => `@group(0) @binding(${i}) var<storage, read> b${i}: array<u32>;`).join("\n"));
  assertEquals(of(2, 0, 1).bindings.length, 3);
  assertThrows(() => of(0, 2), RangeError, "Shader build/own.wgsl has no binding 1 in group 0");
  assertThrows(() => of(0, 0), RangeError, "Shader build/own.wgsl has no binding 1 in group 0");
});

Deno.test("Stages have names of their own, and at most as many buffers as every device takes", () => {
  const stages = [
    ...Object.values({ ...BUILD_STAGES, ...SORTED_STAGES }),
    SHAPE_STAGES.brickNodes,
    SHAPE_STAGES.upperNodes,
  ];
  assertEquals(new Set(stages.map(({ name }) => name)).size, stages.length);
  for (const { name, source } of stages) {
    assertEquals(source.bindings.length >= 1 && source.bindings.length <= 8, true, name);
    assertEquals(source.bindings.some(({ isWritten }) => isWritten), true, name);
  }
});
