import { assert, assertEquals } from "@std/assert";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { PROJECT, projectFiles } from "./project_files.ts";

const need = await needs({ read: "." }, { run: "deno" });
const DEADLINE_MS = 180_000;
const LOADED = "all loaded";

/**
 * Loads files without any permission, all in one process: its `Deno.test` and `Deno.bench` run nothing, so that what is
 * left is what each file does on its own while it loads.
 */
async function loadBare(paths: readonly string[]): Promise<{ code: number; lines: string[] }> {
  const imports = paths.map((path) => `import ${JSON.stringify(`./${path}`)};\n`);
  const command = new Deno.Command(await commandPath("deno"), {
    // Types are checked by a task of their own, and would take most of the time here.
    args: ["run", "--no-prompt", "--no-check", "-"],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const process = command.spawn();
  const output = process.output();
  const writer = process.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode(`${imports.join("")}console.log(${JSON.stringify(LOADED)});\n`),
  );
  await writer.close();
  const { code, stdout, stderr } = await output;
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, lines: text.trim().split("\n") };
}

testWith(need, "every test file loads without permissions and without asking for one", async () => {
  const paths = (await projectFiles("tests/")).filter((path) => path.endsWith("_test.ts"));
  assert(paths.length > 100);
  const { code, lines } = await loadBare(paths);
  assertEquals([code, lines.includes(LOADED)], [0, true], lines.join("\n"));
});

testWith(need, "every benchmark file loads without permissions and without asking for one", async () => {
  const paths = (await projectFiles("bench/")).filter((path) => path.endsWith("_bench.ts"));
  assert(paths.length > 0);
  const { code, lines } = await loadBare(paths);
  assertEquals([code, lines.includes(LOADED)], [0, true], lines.join("\n"));
});
