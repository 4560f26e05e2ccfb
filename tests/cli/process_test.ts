import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { Child, urlOf } from "./child.ts";
import { readTask } from "./task_flags.ts";

const need = await needs({ run: "deno" }, { net: "127.0.0.1" }, { read: "." });

/** Starts a server as `deno task start` does, on a free port and without the demo. */
async function startServer(...more: readonly string[]): Promise<Child> {
  const { flags, rest } = await readTask("start");
  assertEquals(rest, ["main.ts", "serve"]);
  return new Child(await commandPath("deno"), ["run", ...flags, ...rest, "--no-demo", ...more]);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  testWith(
    need,
    `a server with exactly the task's permissions serves, and ${signal} ends it with code 0`,
    async () => {
      await using child = await startServer("--port", "0");
      const url = await urlOf(child);
      const health = await fetch(new URL("api/health", url));
      assertEquals(health.status, 200);
      await health.body?.cancel();
      child.kill(signal);
      assertEquals(await child.code(), 0, child.error);
      assert(!/Uncaught|NotCapable|permission/i.test(child.error), child.error);
    },
  );
}

testWith(need, "a second server on the same port ends with code 1 and says what to do", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using child = await startServer("--port", String(taken.addr.port));
  assertEquals(await child.code(), 1);
  assertMatch(
    child.error,
    /^Cannot listen on 127\.0\.0\.1:\d+: another program has this port\. .* --port \d+/m,
  );
  assert(!child.error.includes(" at "), `a stack trace was printed: ${child.error}`);
});

testWith(need, "a wrong configuration ends with code 2 and the list of problems, and no server", async () => {
  await using child = await startServer("--port", "no", "--gird-depth", "5");
  assertEquals(await child.code(), 2);
  assertStringIncludes(child.error, "2 problems");
  assertEquals(child.out, "");
});

testWith(
  need,
  "the start task may not run programs, load libraries, look at the system, or write outside data",
  async () => {
    const { flags } = await readTask("start");
    await using child = new Child(await commandPath("deno"), [
      "run",
      ...flags,
      "tests/cli/permission_probe.ts",
    ]);
    assertEquals(await child.code(), 0, child.error);
    assertEquals(JSON.parse(child.out), {
      run: "NotCapable",
      ffi: "NotCapable",
      sys: "NotCapable",
      env: "NotCapable",
      ownEnv: "allowed",
      writeProject: "NotCapable",
      writeSource: "NotCapable",
      writeAbove: "NotCapable",
      writeData: "granted",
      readProject: "allowed",
      readOutside: "NotCapable",
      netLoopback: "granted",
      netOutside: "NotCapable",
      import: "TypeError",
    });
  },
);

testWith(need, "help, version and config show need no permission at all", async () => {
  for (const args of [["--help"], ["--version"], ["serve", "--help"], ["config", "show", "--help"]]) {
    await using child = new Child(await commandPath("deno"), ["run", "--no-prompt", "main.ts", ...args]);
    assertEquals(await child.code(), 0, child.error);
    assertEquals(child.error, "");
  }
});
