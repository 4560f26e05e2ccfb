import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { Child, urlOf } from "./child.ts";
import { readTask } from "./task_flags.ts";

const need = await needs({ run: "deno" }, { net: "127.0.0.1" }, { read: "." });

/** Starts a server as `deno task start` does, on a free port and without the demo. */
function startServer(...more: readonly string[]): Promise<Child> {
  return startServerIn({}, ...more);
}

/** The same with variables in its environment. */
async function startServerIn(
  env: Readonly<Record<string, string>>,
  ...more: readonly string[]
): Promise<Child> {
  const { flags, rest } = await readTask("start");
  assertEquals(rest, ["main.ts", "serve"]);
  const few = ["--no-demo", "--build-build-pool-size", "1"];
  return new Child(await commandPath("deno"), ["run", ...flags, ...rest, ...few, ...more], env);
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

testWith(need, "SIGHUP does not end a server that was started without a terminal", async () => {
  await using child = await startServer("--port", "0");
  const url = await urlOf(child);
  child.kill("SIGHUP");
  const health = await fetch(new URL("api/health", url));
  assertEquals(health.status, 200);
  await health.body?.cancel();
  child.kill("SIGTERM");
  assertEquals(await child.code(), 0, child.error);
});

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

testWith(need, "an environment of another server sets up a server that asks for its keys", async () => {
  const env = {
    MFN_ENV: "staging",
    MFN_API_KEY: "primary-key-1",
    MFN_API_KEYS: "second-key-2,third-key-3",
    MFN_API_KEY_REQUIRED: "true",
    LATENCY_TRACKING_ENABLED: "true",
    VOXCAST_SECURITY_TRUST_PROXY: "127.0.0.1",
  };
  await using child = await startServerIn(env, "--port", "0");
  const url = new URL("api/info", await urlOf(child));
  assertMatch(
    child.out,
    /^Authentication is required: 3 API keys\. TLS is left to the proxy \(127\.0\.0\.1\)$/m,
  );
  for (const [key, status] of [["primary-key-1", 200], ["third-key-3", 200], ["wrong-key-4", 401]] as const) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    assertEquals(answer.status, status);
    await answer.body?.cancel();
  }
  child.kill("SIGTERM");
  assertEquals(await child.code(), 0, child.error);
  assert(!/primary-key|second-key|third-key/.test(child.out + child.error), "a key was written");
});

testWith(
  need,
  "an environment that is not understood, or opens what it means to close, is no server",
  async () => {
    const cases: [Record<string, string>, RegExp][] = [
      [
        { MFN_API_KYE: "primary-key-1" },
        /^ {2}MFN_API_KYE \(environment\): is no setting; the nearest is MFN_API_KEY$/m,
      ],
      [
        { MFN_ENV: "live" },
        /preset = live \(environment MFN_ENV\): must be one of dev, development, staging/,
      ],
      [
        { MFN_ENV: "production" },
        /security\.apiKey = \(unset\) \(default\): must be set in the preset production/,
      ],
      [
        { MFN_API_KEY: "primary-key-1" },
        /to try things out on one machine: VOXCAST_SECURITY_TRUST_PROXY=127\.0\.0\.1 or --security-trust-proxy 127\.0\.0\.1/,
      ],
    ];
    await Promise.all(cases.map(async ([env, expected]) => {
      await using child = await startServerIn(env, "--port", "0");
      assertEquals(await child.code(), 2);
      assertMatch(child.error, expected);
      assertEquals(child.out, "");
      assert(!child.error.includes("primary-key"));
    }));
  },
);

testWith(
  need,
  "certificates that the start task may not read, or that are none, end the start with code 2",
  async () => {
    const outside = ["--security-tls-cert-file", "/etc/hostname", "--security-tls-key-file", "deno.json"];
    await using child = await startServer("--port", "0", ...outside);
    await using second = await startServer("--port", "0", ...outside.with(1, "deno.json"));
    assertEquals(await child.code(), 2);
    assertMatch(
      child.error,
      /security\.tlsCertFile = \/etc\/hostname \(file\): cannot be read: the read permission/,
    );
    assertEquals(await second.code(), 2);
    assertMatch(second.error, /security\.tlsCertFile = deno\.json \(file\): holds no certificate in PEM/);
    assertMatch(second.error, /security\.tlsKeyFile = deno\.json \(file\): holds no private key in PEM/);
  },
);

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
      aliasEnv: "allowed",
      nearAliasEnv: "NotCapable",
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
  const commands = [["--help"], ["--version"], ["serve", "--help"], ["config", "show", "--help"]];
  await Promise.all(commands.map(async (args) => {
    await using child = new Child(await commandPath("deno"), ["run", "--no-prompt", "main.ts", ...args]);
    assertEquals(await child.code(), 0, child.error);
    assertEquals(child.error, "");
  }));
});
