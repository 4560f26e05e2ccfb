import { assert, assertEquals } from "@std/assert";
import { makeShaderDataDefinitions } from "webgpu-utils";
import { PICTURE_STAGES } from "../../src/trace/picture_stages.ts";
import { PICTURE_FIELDS, PICTURE_WORDS } from "../../src/trace/picture_words.ts";
import { TREE_KINDS } from "../../src/tree/mod.ts";

/** Functions are left out: the package's parser takes the name `workgroup` of a parameter for the address space. */
function reflect(code: string): ReturnType<typeof makeShaderDataDefinitions> {
  return makeShaderDataDefinitions(code.replace(/^(@compute.*\n)?fn [^]*?^}\n/gm, ""));
}

Deno.test("the picture's fields lie where the host writes them", () => {
  for (const kind of TREE_KINDS) {
    const { fields, size } = reflect(PICTURE_STAGES[kind].source.code).structs["Picture"]!;
    const found = Object.fromEntries(Object.entries(fields).map(([name, { offset }]) => [name, offset / 4]));
    assertEquals(found, { ...PICTURE_FIELDS });
    assertEquals(size / 4, PICTURE_WORDS);
  }
});

Deno.test("picture stages need no more storage buffers than every device has, and have one entry", () => {
  for (const kind of TREE_KINDS) {
    const { source } = PICTURE_STAGES[kind];
    assert(source.bindings.length <= 8, `${source.bindings.length}`);
    assertEquals(source.bindings.filter(({ isWritten }) => isWritten).map(({ name }) => name), ["pixels"]);
    assertEquals(source.code.match(/^@compute/gm)?.length, 1);
  }
});
