import { assert, assertEquals, assertMatch } from "@std/assert";
import { projectFiles, readProjectFile, withoutComments } from "./project_files.ts";
import { needs, testWith } from "../support/needs.ts";

const need = await needs({ read: "." });

const MAX_LINES = 500;
const TEXT =
  /\.(ts|mjs|js|json|jsonc|md|wgsl|html|css|py|sh|yml|yaml|txt|toml)$|^(LICENSE|\.ci\/\w+|\.gitignore)$/;

testWith(need, "no hand-written source file is longer than 500 lines", async () => {
  const long: string[] = [];
  for (const path of await projectFiles()) {
    if (!/\.(ts|mjs|wgsl|html|css)$/.test(path)) continue;
    const lines = (await readProjectFile(path)).split("\n").length - 1;
    if (lines > MAX_LINES) long.push(`${path}: ${lines}`);
  }
  assertEquals(long, []);
});

testWith(need, "file names are snake_case, and none is called utils, helpers or common", async () => {
  const odd: string[] = [];
  for (const folder of ["src/", "tests/", "bench/"]) {
    for (const path of await projectFiles(folder)) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      if (!path.endsWith(".ts")) continue;
      if (!/^[a-z0-9_]+(\.d)?\.ts$/.test(name) || /^(utils?|helpers?|common|misc)\.ts$/.test(name)) {
        odd.push(path);
      }
    }
  }
  assertEquals(odd, []);
});

testWith(need, "no file carries a path of one machine", async () => {
  // Put together here, so that this file does not carry them itself.
  const machine = new RegExp(`(?<![\\w.-])/(${["work", "root", "home/\\w+"].join("|")})/|/tmp/${"vox"}\\b`);
  for (const path of await projectFiles()) {
    if (!TEXT.test(path)) continue;
    const found = machine.exec(await readProjectFile(path));
    assert(found === null, `${path} carries ${found?.[0]}`);
  }
});

testWith(need, "every test file takes its asserts from @std/assert and nowhere else", async () => {
  for (const path of await projectFiles("tests/")) {
    if (!path.endsWith("_test.ts")) continue;
    const text = withoutComments(await readProjectFile(path));
    // Or from a suite beside it, which takes them from there.
    assertMatch(
      text,
      /from "(@std\/assert|\.\/\w+_(case|suite)\.ts)"/,
      `${path} does not import @std/assert`,
    );
    assert(
      !/from "(node:assert|npm:|jsr:|https?:|deno-std)/.test(text),
      `${path} imports asserts from elsewhere`,
    );
  }
});

testWith(need, "tests do not sleep: fixed waits are for tests/support alone", async () => {
  for (const path of await projectFiles("tests/")) {
    if (!path.endsWith("_test.ts")) continue;
    const text = withoutComments(await readProjectFile(path));
    const found = /new Promise(<\w+>)?\(\s*\(?(\w+)\)?\s*=>\s*setTimeout\(\s*\2\s*,/.exec(text);
    assert(found === null, `${path} sleeps: ${found?.[0]}`);
  }
});

testWith(need, "every package is pinned to one version", async () => {
  const { imports } = JSON.parse(await readProjectFile("deno.json")) as { imports: Record<string, string> };
  for (const [name, target] of Object.entries(imports)) {
    assertMatch(target, /^npm:\/?(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(\/.*)?$/, name);
  }
});
