import { assert, assertStringIncludes } from "@std/assert";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { PROJECT } from "./project_files.ts";

const PURE = ["space", "tree", "protocol", "viewport"];
const need = await needs({ run: "deno" });

/** Type-checks files with the browser's types alone: what only Deno or Node has is an error. */
async function checkForBrowser(...args: readonly string[]): Promise<{ success: boolean; text: string }> {
  const { success, stderr } = await new Deno.Command(await commandPath("deno"), {
    args: ["check", "--quiet", "--no-lock", "--config", "tests/house/browser_lib/deno.json", ...args],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  return { success, text: new TextDecoder().decode(stderr) };
}

testWith(need, "the pure folders type-check with the browser's types alone", async () => {
  const { success, text } = await checkForBrowser(...PURE.map((folder) => `src/${folder}/mod.ts`));
  assert(success, text);
});

testWith(need, "a file that uses Deno does not pass that check", async () => {
  const { success, text } = await checkForBrowser("src/config/config_file.ts");
  assert(!success);
  assertStringIncludes(text, "Cannot find name 'Deno'");
});
