import { assert, assertEquals } from "@std/assert";
import { makeShaderDataDefinitions } from "webgpu-utils";
import * as words from "../../../src/build/gpu/grid_words.ts";
import { SORTED_STAGES } from "../../../src/build/gpu/sorted_stages.ts";
import { BUILD_STAGES } from "../../../src/build/gpu/stages.ts";
import { ROW_WORKGROUPS, type Stage } from "../../../src/gpu/mod.ts";
import {
  CHILD_INDEX,
  OCTANT_OF_CHILD,
  OCTANTS_OF_TYPE,
  PARENT_TYPE,
  TREE_KINDS,
  TYPE_OF_CHILD,
} from "../../../src/tree/mod.ts";
import { paint } from "../samples.ts";
import { planBuild } from "./twin_builder.ts";
import { TWINS } from "./twins/twins.ts";

const STAGES: readonly Stage[] = [
  ...new Set([...Object.values(BUILD_STAGES), ...Object.values(SORTED_STAGES)]),
];
const CODE = STAGES.map(({ source }) => source.code).join("\n");

/**
 * Reflection of a stage. Functions are left out: the package's parser takes the name `workgroup` of a parameter for the
 * address space, and stops at some array types.
 */
function reflect({ source }: Stage): ReturnType<typeof makeShaderDataDefinitions> {
  return makeShaderDataDefinitions(source.code.replace(/^(@compute.*\n)?fn [^]*?^}\n/gm, ""));
}

/** The struct of that name, from the first stage that has it. */
function struct(name: string): { words: number; fields: Map<string, number> } {
  for (const stage of STAGES) {
    const found = reflect(stage).structs[name];
    if (found === undefined) continue;
    const fields = Object.entries(found.fields).map(([field, { offset }]) => [field, offset / 4] as const);
    return { words: found.size / 4, fields: new Map(fields) };
  }
  throw new RangeError(`No stage has a struct ${name}`);
}

function constant(name: string): number {
  const values = new Set(
    [...CODE.matchAll(new RegExp(`^const ${name} = (\\w+?)u?;`, "gm"))].map(([, value]) => value),
  );
  assertEquals(values.size, 1, `one value of ${name}`);
  return Number([...values][0]);
}

/** Four bits an entry, the first in the lowest bits. */
function table(name: string): number[][] {
  const [, list] = new RegExp(`^const ${name} = array<u32, \\d+>\\((.*)\\);`, "m").exec(CODE)!;
  return list!.split(",").map((word) =>
    Array.from({ length: 8 }, (_, i) => (parseInt(word, 16) >>> (4 * i)) & 15)
  );
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/([a-z])(\d)/, "$1_$2");
}

Deno.test("The grid's fields lie where the host writes and reads them", () => {
  const { words: size, fields } = struct("Grid");
  const regions = fields.get("regions");
  fields.delete("regions");
  const own = Object.entries(words.GRID_FIELDS).map(([name, word]) => [snakeCase(name), word] as const);
  const named = [...fields].filter(([name]) => !name.startsWith("padding"));
  assertEquals(new Map(named), new Map(own));
  assertEquals([regions, size], [words.GRID_WORDS, words.GRID_WORDS]);
});

Deno.test("Structs are as long as the host takes them to be", () => {
  assertEquals(struct("Region").words, words.REGION_WORDS);
  assertEquals([...struct("Region").fields].slice(0, 3), [["directory_base", 0], ["directory_words", 1], [
    "depth",
    2,
  ]]);
  assertEquals(struct("Span").words, words.SPAN_WORDS);
  assertEquals([...struct("Span").fields].slice(0, 3), [["region", 0], ["first", 1], ["count", 2]]);
  assertEquals(struct("TreeLayout").words, words.TREE_LAYOUT_WORDS);
  assertEquals(
    [...struct("TreeLayout").fields],
    [["starts", 0], ["directory_base", 9], ["mask_delta", 10], ["end_leaf", 11]],
  );
  assertEquals(struct("BrickSum").words, words.BRICK_SUM_WORDS);
  assertEquals(
    [...struct("BrickSum").fields].slice(0, 4),
    [["channels", 0], ["leaves", 4], ["materials", 5], ["first_leaf", 6]],
  );
});

Deno.test("Constants of the shaders are those of the host", () => {
  for (const [name, bit] of Object.entries(words.FAULTS)) {
    assertEquals(constant(`FAULT_${name.toUpperCase()}`), bit);
  }
  for (const [name, at] of Object.entries(words.COUNTERS)) {
    assertEquals(constant(`COUNTER_${snakeCase(name).toUpperCase()}`), at);
    assert(at < words.COUNTER_WORDS);
  }
  for (const [name, at] of Object.entries(words.ARGS)) {
    assertEquals(constant(`ARGS_${snakeCase(name).toUpperCase()}`), at);
    assert(at + 3 <= words.ARGS_WORDS);
  }
  assertEquals(constant("HEADER_WORDS"), words.HEADER_WORDS);
  assertEquals(constant("BRICK_WORDS"), words.BRICK_WORDS);
  assertEquals(constant("SORT_BLOCK"), 256, "a thread a pair");
  assertEquals(constant("ROW_WORKGROUPS"), ROW_WORKGROUPS);
  assert(ROW_WORKGROUPS <= 65_535);
  assertEquals(/fn brick_region[^]*?info >> (\d+)u/.exec(CODE)![1], "15");
  assertEquals(words.MAX_GRID_REGIONS, 2 ** (32 - 15), "region and brick share a word");
  const headers = Object.entries({
    [words.HEADER_FIRST_NODE]: "place.x",
    [words.HEADER_FIRST_MASK]: "place.y",
  });
  for (const [word, value] of headers) {
    assert(CODE.includes(`headers[index * HEADER_WORDS + ${word}u] = ${value};`));
  }
});

Deno.test("Blocks of a scan are as long on the host, and its last stage finds its block by their length", () => {
  const block = constant("BLOCK");
  assertEquals(block, 256 * constant("PER_THREAD"));
  assertEquals(2 ** Number(/block_sums\[i >> (\d+)u\]/.exec(BUILD_STAGES.scanAdd.source.code)![1]), block);
  const samples = paint(Array(3000).keys());
  const { recorder } = planBuild([{ kind: "esvt", depth: 8, samples }]);
  const scans = recorder.dispatches.filter(({ stage }) => stage.name === "scan_blocks");
  assert(scans.length > 2);
  for (const { buffers: [entries, sums], workgroups } of scans) {
    const blocks = Math.ceil(recorder.buffers.get(entries!)!.bytes / 16 / block);
    assertEquals(workgroups, [blocks, 1]);
    assertEquals(recorder.buffers.get(sums!)!.bytes, 16 * blocks);
  }
});

Deno.test("Twins go over as many threads a workgroup as the shaders have, or over one thing a workgroup", () => {
  for (const { name, source } of STAGES) {
    const threads = Number(/@workgroup_size\((\d+)\)/.exec(source.code)![1]);
    const twin = /(\d+) \* dispatch\.workgroups/.exec(String(TWINS.get(name)));
    if (twin !== null) assertEquals(Number(twin[1]), threads, name);
    else assert(threads === 1 || threads === 64 || threads === 256, name);
    assert(threads <= 256, `every device runs ${threads} threads`);
  }
});

Deno.test("The shaders' tables of the tetree are those of the tree", () => {
  for (let type = 0; type < 6; type++) {
    assertEquals(table("CHILD_INDEX")[type], [...CHILD_INDEX.subarray(8 * type, 8 * type + 8)]);
    assertEquals(table("TYPE_OF_CHILD")[type], [...TYPE_OF_CHILD.subarray(8 * type, 8 * type + 8)]);
    assertEquals(table("OCTANT_OF_CHILD")[type], [...OCTANT_OF_CHILD.subarray(8 * type, 8 * type + 8)]);
    const [low, high] = table("OCTANTS_OF_TYPE")[type]!;
    assertEquals(low! + 16 * high!, OCTANTS_OF_TYPE[type]);
  }
  for (let octant = 0; octant < 8; octant++) {
    assertEquals(table("PARENT_TYPE")[octant]!.slice(0, 6), [
      ...PARENT_TYPE.subarray(6 * octant, 6 * octant + 6),
    ]);
  }
  const sizes = ["CHILD_INDEX", "TYPE_OF_CHILD", "OCTANT_OF_CHILD", "OCTANTS_OF_TYPE", "PARENT_TYPE"].map(
    (name) => {
      return table(name).length;
    },
  );
  assertEquals(sizes, [6, 6, 6, 6, 8]);
});

Deno.test("The names and numbers of bindings are those that reflection finds", () => {
  for (const stage of STAGES) {
    const found = Object.entries(reflect(stage).storages).map(([name, { binding, group }]) => {
      assertEquals(group, 0);
      return { name, index: binding };
    });
    found.sort((a, b) => a.index - b.index);
    assertEquals(found, stage.source.bindings.map(({ name, index }) => ({ name, index })), stage.name);
  }
});

for (const kind of TREE_KINDS) {
  Deno.test(`Every buffer of the plan of the smallest ${kind} holds an element of what it is bound to`, () => {
    const least = new Map(STAGES.map((stage) => [
      stage.name,
      Object.entries(reflect(stage).storages).sort(([, a], [, b]) => a.binding - b.binding).map(
        ([, { typeDefinition }]) => {
          const { elementType, size } = typeDefinition as { elementType?: { size: number }; size: number };
          return elementType?.size ?? size + 4 * words.REGION_WORDS;
        },
      ),
    ]));
    for (let depth = 3; depth <= 8; depth++) {
      const smallest = [{ kind, depth, samples: paint([1]) }];
      const plans = [false, true].map((isSorted) => planBuild(smallest, { isSorted }).recorder);
      for (
        const { recorder, dispatch: { stage, buffers } } of plans.flatMap((recorder) => {
          return recorder.dispatches.map((dispatch) => ({ recorder, dispatch }));
        })
      ) {
        buffers.forEach((name, i) => {
          const { bytes } = recorder.buffers.get(name)!;
          const element = least.get(stage.name)![i]!;
          assert(
            bytes >= element,
            `depth ${depth}, ${stage.name}: ${name} has ${bytes} bytes, ${element} at least`,
          );
        });
      }
    }
  });
}
