import { assertEquals } from "@std/assert";
import { RegionBook } from "../../src/cli/load/region_book.ts";
import { FEATURES, FLAG_DELTA, FLAG_REFINEMENT, type FrameHeader } from "../../src/protocol/mod.ts";
import { writeFrameHeader } from "../../src/protocol/frame_header.ts";

const RULES = { level: 4, depth: 6, kind: "esvo", features: FEATURES } as const;

/** A frame of 8 bytes behind its header. */
function frame(fields: Partial<FrameHeader> = {}): Uint8Array {
  const bytes = new Uint8Array(32);
  writeFrameHeader(bytes, {
    format: 1,
    lod: 0,
    level: 4,
    codec: 2,
    flags: 0,
    morton: 7,
    version: 3,
    payloadBytes: 8,
    ...fields,
  });
  return bytes;
}

/** What a book finds in frames that come one after the other. */
function problemsOf(
  frames: readonly Uint8Array[],
  rules: ConstructorParameters<typeof RegionBook>[0] = RULES,
): string[] {
  const problems: string[] = [];
  const book = new RegionBook(rules, (text) => problems.push(text));
  frames.forEach((bytes, i) => book.take(bytes, i));
  return problems;
}

Deno.test("frames in order have no problem, and the book holds the newest", () => {
  const problems: string[] = [];
  const book = new RegionBook(RULES, (text) => problems.push(text));
  book.take(frame({ lod: 3 }), 10);
  assertEquals(book.take(frame({ lod: 1, flags: FLAG_REFINEMENT }), 20), 7);
  assertEquals(book.entry(7), { version: 3, lod: 1, atMs: 10 }, "when the version came, not its details");
  book.take(frame({ flags: FLAG_REFINEMENT }), 30);
  book.take(frame({ version: 4, flags: FLAG_DELTA }), 40);
  assertEquals(book.entry(7), { version: 4, lod: 0, atMs: 40 });
  book.take(frame({ version: 4 }), 50);
  assertEquals([problems, book.counts], [[], { full: 2, refinement: 2, delta: 1 }]);
});

Deno.test("every header that cannot be is found", () => {
  const magic = frame();
  magic[0] = 0;
  const wrong: [Uint8Array[], string][] = [
    [[magic], "the magic is 0x45535600, not 0x45535652"],
    [[frame({ level: 3 })], "its level is 3, the world's 4"],
    [[frame({ format: 2 })], "its kind is not esvo"],
    [[frame({ codec: 1 })], "its codec is 1, 2 was agreed on"],
    [[frame({ lod: 7 })], "its LOD is 7, the coarsest is 6"],
    [[frame({ version: 0 })], "no region has version 0"],
    [[frame({ payloadBytes: 9 })], "it says 9 bytes and has 8"],
    [[frame({ flags: FLAG_DELTA | FLAG_REFINEMENT })], "its flags are 0x30, which was not agreed on"],
    [[frame({ version: 5 }), frame({ version: 4 })], "it came after version 5"],
    [[frame({ flags: FLAG_REFINEMENT })], "it refines a version that was not sent"],
    [[frame({ lod: 1 }), frame({ lod: 1, flags: FLAG_REFINEMENT })], "it refines LOD 1 to LOD 1"],
    [
      [frame({ lod: 1 }), frame({ version: 4, flags: FLAG_REFINEMENT })],
      "it refines a version that was not sent",
    ],
    [[frame({ flags: FLAG_DELTA })], "it changes a region that was not sent"],
    [
      [frame({ lod: 1 }), frame({ version: 4, flags: FLAG_DELTA })],
      "it changes a region that was sent at LOD 1",
    ],
    [[frame(), frame({ flags: FLAG_DELTA })], "it changes version 3"],
  ];
  for (const [frames, words] of wrong) {
    const problems = problemsOf(frames);
    assertEquals([words, problems.length, problems[0]?.includes(words)], [words, 1, true], problems.join());
  }
});

Deno.test("refinements and deltas that were not agreed on are problems", () => {
  const rules = { ...RULES, features: [] };
  assertEquals(problemsOf([frame({ lod: 2 }), frame({ flags: FLAG_REFINEMENT })], rules).length, 1);
  assertEquals(problemsOf([frame(), frame({ version: 4, flags: FLAG_DELTA })], rules).length, 1);
});
