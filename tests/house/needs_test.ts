import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { commandPath, FULL_TASK, needs, plannedTest, testWith } from "../support/needs.ts";

const nothing = (): void => {};

Deno.test("a met need registers the test as it is", () => {
  const planned = plannedTest({ ignore: false }, "works", nothing, {}, true);
  assertEquals(planned, { name: "works", fn: nothing });
});

Deno.test("a lacking need ignores the test and says why and which task has it", () => {
  const planned = plannedTest({ ignore: true, reason: "no unicorn" }, "works", nothing, {}, false);
  assertEquals(planned.ignore, true);
  assertEquals(planned.name, `works (ignored: no unicorn; run ${FULL_TASK})`);
});

Deno.test("in strict mode a lacking need fails the test with the reason", () => {
  const planned = plannedTest({ ignore: true, reason: "no unicorn" }, "works", nothing, {}, true);
  assertEquals(planned.name, "works");
  assert(planned.ignore !== true);
  const error = assertThrows(() => planned.fn({} as Deno.TestContext), Error);
  assertStringIncludes(error.message, "no unicorn");
});

const runs = await needs({ run: "deno" });
testWith(runs, "needs are told from permissions without ever asking", async () => {
  const script = `
    const { needs } = await import(${JSON.stringify(new URL("../support/needs.ts", import.meta.url).href)});
    console.log(JSON.stringify([
      await needs(), await needs({ net: "127.0.0.1" }), await needs({ net: "10.0.0.1" }), await needs({ net: true }),
      await needs({ write: "tmp" }, { env: "SOME" }, { sys: true }, { read: true }), await needs({ run: "deno" }),
      await needs({ command: "python3" }),
    ]));`;
  const { success, stdout, stderr } = await run(script);
  assert(success, stderr);
  const [none, net, otherNet, allNet, many, deno, python] = JSON.parse(stdout);
  assertEquals(none, { ignore: false });
  assertEquals(net, { ignore: false });
  assertEquals(otherNet, { ignore: true, reason: "needs --allow-net=10.0.0.1" });
  assertEquals(allNet, { ignore: true, reason: "needs --allow-net" });
  assertEquals(
    many.reason,
    "needs --allow-write=tmp; needs --allow-env=SOME; needs --allow-sys; needs --allow-read",
  );
  assertEquals(deno.reason, "needs --allow-run=deno");
  assertEquals(python.reason, "needs --allow-run=python3");
});

testWith(runs, "a program that is not on the machine is a lacking need", async () => {
  const anything = await needs({ run: "no-such-program-anywhere" });
  assert(anything.ignore);
  await assertRejects(() => commandPath("no-such-program-anywhere"), Error, "is not on this machine");
});

testWith(runs, "a machine without any WebGPU adapter is told what to install", async () => {
  const script = `
    const { needs } = await import(${JSON.stringify(new URL("../support/needs.ts", import.meta.url).href)});
    console.log(JSON.stringify([await needs({ gpu: true }), await needs({ gpu: true })]));`;
  const { success, stdout, stderr } = await run(script, NO_ADAPTER);
  assert(success, stderr);
  const lacking = { ignore: true, reason: "no WebGPU adapter (install mesa-vulkan-drivers)" };
  assertEquals(JSON.parse(stdout), [lacking, lacking]);
});

/** A backend that this system does not have. */
const NO_ADAPTER = { DENO_WEBGPU_BACKEND: Deno.build.os === "windows" ? "metal" : "dx12" };

/** Runs a script in its own runtime with permission to net on loopback and nothing else that asks. */
async function run(
  script: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const child = new Deno.Command(await commandPath("deno"), {
    args: ["run", "--no-prompt", "--no-lock", "--allow-net=127.0.0.1", "--allow-read=.", "--ext=ts", "-"],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  return { success, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
