import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Child, urlOf } from "../cli/child.ts";
import { readTask } from "../cli/task_flags.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";

const need = await needs({ run: "deno" }, { net: "127.0.0.1" }, { read: "." }, { gpu: true });
const processNeed = await needs({ run: "deno" }, { net: "127.0.0.1" }, { read: "." });

/** A WebGPU backend that no machine of the tests has. */
const NO_ADAPTER = { DENO_WEBGPU_BACKEND: Deno.build.os === "windows" ? "metal" : "dx12" };

/** Four take four times as long to start. */
const ONE_WORKER = ["--build-build-pool-size", "1"];

/** Starts a server as `deno task start:gpu` does, on a free port and without the demo, after a module of `preloads`. */
async function startServer(
  preload: string | undefined,
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Child> {
  const { flags, rest } = await readTask("start:gpu");
  assertEquals(rest, ["main.ts", "serve", "--build-backend", "gpu"]);
  const before = preload === undefined ? [] : [`--preload=tests/integration/preloads/${preload}.ts`];
  const args = ["run", ...before, ...flags, ...rest, "--no-demo", ...ONE_WORKER, "--port", "0", ...more];
  return new Child(await commandPath("deno"), args, env);
}

// deno-lint-ignore no-explicit-any
async function ask(url: string, path: string): Promise<any> {
  return await (await fetch(new URL(path, url))).json();
}

async function addVoxel(url: string): Promise<void> {
  const response = await fetch(new URL("api/worlds/main/voxels", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ voxels: [{ position: [500, 10, 500], color: "#ff8800" }] }),
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
}

/** Waits for `count` regions that were built. */
async function built(url: string, count: number): Promise<Record<string, unknown>> {
  return await waitFor(async () => {
    const { builder } = await ask(url, "api/metrics");
    return builder.totalBuilds >= count && builder;
  }, { what: `${count} builds`, deadlineMs: 60_000, intervalMs: 100 });
}

testWith(need, "a server builds on the GPU without one call to it on the main thread", async () => {
  await using child = await startServer("trap_gpu");
  const url = await urlOf(child);
  await addVoxel(url);
  const { name, batches, batchRegions, fallbackBuilds, failedBuilds } = await built(url, 1);
  assertEquals([name, batches, batchRegions, fallbackBuilds, failedBuilds], ["gpu", 1, 1, 0, 0]);
  const { builder, builderAsked, adapter } = await ask(url, "api/info");
  assertEquals([builder, builderAsked, typeof adapter.software], ["gpu", "gpu", "boolean"]);
  assertStringIncludes(child.out, `Regions are built by the GPU (${adapter.name}`);
  child.kill("SIGTERM");
  assertEquals(await child.code(), 0, child.error);
  assert(!child.error.includes("trapped"), child.error);
});

testWith(processNeed, "the trap of the test before catches a call on the main thread", async () => {
  await using child = new Child(await commandPath("deno"), [
    ...["eval", "--preload=tests/integration/preloads/trap_gpu.ts"],
    "try { await navigator.gpu.requestAdapter() } catch { /* as careless code would */ }",
  ]);
  assertEquals(await child.code(), 0);
  assertStringIncludes(child.error, "trapped: the main thread asked for the GPU");
});

testWith(
  need,
  "a hung GPU is given up, the CPU builds the same region, health is degraded, and the process still ends",
  async () => {
    const settings = ["--gpu-batch-timeout-ms", "1000", "--gpu-max-hangs", "1"];
    await using child = await startServer("endless_gpu", settings);
    const url = await urlOf(child);
    assertEquals((await ask(url, "api/health")).status, "healthy");
    await addVoxel(url);
    const { name, hangs, fallbackBuilds } = await built(url, 1);
    assertEquals([name, hangs, fallbackBuilds], ["cpu", 1, 1]);
    const health = await waitFor(async () => {
      const answer = await ask(url, "api/health");
      return answer.status === "degraded" && answer;
    }, { what: "the degraded health" });
    assertEquals(health.reason, "The GPU has failed; regions are built on the CPU");
    assertMatch((await ask(url, "api/info")).builderReason, /hung too often/);
    // The Worker's thread is still in the driver: without an explicit exit the process would stay for ever.
    child.kill("SIGTERM");
    assertEquals(await child.code(), 0, child.error);
    assertMatch(child.error, /gpu\.worker_lost isHung=true/);
  },
);

testWith(
  processNeed,
  "a GPU that was asked for and is not there ends the start with code 1 and what to do",
  async () => {
    await using child = await startServer(undefined, [], NO_ADAPTER);
    assertEquals(await child.code(), 1);
    assertEquals(child.out, "");
    assertStringIncludes(
      child.error,
      'Cannot build on the GPU (build.backend is "gpu"): There is no WebGPU adapter on this machine. ' +
        "Choose another with --build-backend: gpu takes any adapter, auto the CPU where there is no hardware GPU\n",
    );
  },
);

testWith(
  need,
  "an adapter that is not there by its name ends the start with the list of those that are",
  async () => {
    await using child = await startServer(undefined, ["--build-backend", "voodoo"]);
    assertEquals(await child.code(), 1);
    assertMatch(child.error, /No WebGPU adapter has "voodoo" in its name; found: .+\. Choose/);
  },
);

testWith(processNeed, "auto without an adapter starts on the CPU, says why, and is healthy", async () => {
  await using child = await startServer(undefined, ["--build-backend", "auto"], NO_ADAPTER);
  const url = await urlOf(child);
  await addVoxel(url);
  const { name, batches, fallbackBuilds } = await built(url, 1);
  assertEquals([name, batches, fallbackBuilds], ["cpu", 0, 0]);
  assertEquals((await ask(url, "api/health")).status, "healthy");
  assertStringIncludes(
    child.out,
    "Regions are built by the CPU (1 worker): There is no WebGPU adapter on this machine\n",
  );
  child.kill("SIGTERM");
  assertEquals(await child.code(), 0, child.error);
});
