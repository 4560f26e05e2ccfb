import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseConformance, problemsOf } from "./conformance.ts";
import { PROJECT, readProjectFile } from "./project_files.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "." });

const HEADER = "| id | promise | status | code | test | measured |\n| --- | --- | --- | --- | --- | --- |\n";
const GOOD = '| A-1 | It works | built | `src/a.ts` | `tests/a_test.ts :: "it works"` |  |';

async function problems(...rows: readonly string[]): Promise<string[]> {
  const files: Record<string, string> = {
    "src/a.ts": "",
    "tests/a_test.ts": 'Deno.test("it works", () => {});',
  };
  const project = {
    exists: (path: string) => Promise.resolve(path in files),
    read: (path: string) => Promise.resolve(files[path]!),
  };
  const found = await Promise.all(
    parseConformance(HEADER + rows.join("\n")).map((row) => problemsOf(row, project)),
  );
  return found.flat();
}

Deno.test("a row with code and a test that exists is sound, and so is a bare not yet", async () => {
  assertEquals(await problems(GOOD, "| A-2 | It flies | not yet | - | - | - |"), []);
  assertEquals(await problems(GOOD.replace("built", "measured").replace("|  |", "| 0.5 ms, 2 cores |")), []);
});

Deno.test("a row that names what is not there is found out", async () => {
  assertEquals(await problems(GOOD.replace("it works", "it worked")), [
    'line 3 (A-1): tests/a_test.ts has no test "it worked"',
  ]);
  assertEquals(await problems(GOOD.replace("tests/a_test", "tests/b_test")), [
    "line 3 (A-1): there is no tests/b_test.ts",
  ]);
  assertEquals(await problems(GOOD.replace("src/a", "src/b")), ["line 3 (A-1): there is no src/b.ts"]);
  assertEquals(await problems(GOOD.replace("built", "measured")), ["line 3 (A-1): has no number"]);
  assertEquals(await problems(GOOD.replace("built", "done")), ["line 3 (A-1): status is done"]);
  assertEquals(await problems("| A-1 | It works | built | - | see there | - |"), [
    'line 3 (A-1): test is not `path :: "name"`: see there',
    "line 3 (A-1): names no code",
    "line 3 (A-1): names no test",
  ]);
  assertEquals((await problems(GOOD.replace("built", "not yet"))).length, 1);
  assertThrows(() => parseConformance(`${HEADER}| A-1 | a | b |`), SyntaxError, "Line 3 has 3 cells");
});

testWith(
  need,
  "docs/conformance.md is sound: each status known, each id once, each code path and each named test there",
  async () => {
    const rows = parseConformance(await readProjectFile("docs/conformance.md"));
    assert(rows.length > 0, "there is no table of promises");
    const project = {
      exists: (path: string) => Deno.stat(new URL(path, PROJECT)).then(() => true, () => false),
      read: readProjectFile,
    };
    const found = (await Promise.all(rows.map((row) => problemsOf(row, project)))).flat();
    assertEquals(found, []);
    assertEquals(new Set(rows.map((row) => row.id)).size, rows.length, "an id is used twice");
  },
);
