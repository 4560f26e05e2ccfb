import { assertEquals } from "@std/assert";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { PROJECT } from "./project_files.ts";

const need = await needs({ run: "bash" });

/** What `.ci/count` makes of a log. */
async function count(log: string): Promise<{ code: number; out: string }> {
  const child = new Deno.Command(await commandPath("bash"), {
    args: [".ci/count"],
    cwd: PROJECT,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(log));
  await writer.close();
  const { code, stdout } = await child.output();
  return { code, out: new TextDecoder().decode(stdout) };
}

testWith(need, "CI counts passed and failed tests by the closing line, coloured or not", async () => {
  const log = "running 2 tests\na ... ok (1ms)\n\nok | 12 passed (3 steps) | 0 failed (4s)\n\n";
  assertEquals(await count(log), { code: 0, out: "12 passed, 0 failed\n" });
  const coloured =
    "\x1b[0m\x1b[31mFAILED\x1b[0m | 11 passed (3 steps) | 2 failed \x1b[38;5;245m(4s)\x1b[0m\n";
  assertEquals(await count(coloured), { code: 1, out: "11 passed, 2 failed\n" });
});

testWith(need, "CI counts ignored tests as failed", async () => {
  const log = "ok | 953 passed (20 steps) | 0 failed | 7 ignored (3 steps) | 2 filtered out (1m4s)\n";
  assertEquals(await count(log), { code: 1, out: "953 passed, 7 failed\n" });
});

testWith(need, "CI fails when no test ran, whether it says so or breaks off", async () => {
  for (const log of ["ok | 0 passed | 0 failed (4s)\n", "error: Module not found\n", ""]) {
    assertEquals(await count(log), { code: 1, out: "0 passed, 0 failed\n" });
  }
});
