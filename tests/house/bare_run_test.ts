import { assertEquals, assertMatch } from "@std/assert";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { PROJECT } from "./project_files.ts";

const need = await needs({ run: "deno" });
const DEADLINE_MS = 180_000;
/** In the name of no test and no benchmark, so that every file is loaded and nothing is run. */
const NO_NAME = ["absent", "from", "all"].join("-");

/** Runs a command of the runtime without any permission. */
async function bare(command: string): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(await commandPath("deno"), {
    // Types are checked by a task of their own, and would take most of the time here.
    args: [command, "--no-prompt", "--no-check", `--filter=${NO_NAME}`],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, output };
}

testWith(need, "every test file loads without permissions and without asking for one", async () => {
  const { code, output } = await bare("test");
  assertEquals(code, 0, output);
  assertMatch(output, /^ok \| 0 passed \| 0 failed \| \d{3,} filtered out/m);
});

testWith(need, "every benchmark file loads without permissions and without asking for one", async () => {
  const { code, output } = await bare("bench");
  assertEquals(code, 0, output);
});
