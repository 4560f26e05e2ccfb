import { assert, assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { LOCAL_ERRORS } from "../../src/client/mod.ts";
import { commandPath, needs, testWith } from "../support/needs.ts";
import { EXTENDED_VOX } from "../support/real_models.ts";
import { fromFileUrl } from "./foreign_client.ts";
import { RunningServer } from "./running_server.ts";

const KEY = "open-sesame-0123456789";
const EXAMPLES = new URL("../../examples/", import.meta.url);
const readable = await needs({ read: "." });
const deno = await needs({ net: "127.0.0.1" }, { read: true }, { run: "deno" });
const node = await needs({ net: "127.0.0.1" }, { read: true }, { write: "tmp" }, { run: "deno" }, {
  command: "node",
});
const python = await needs({ net: "127.0.0.1" }, { read: true }, { command: "python3" });

/** Most lines of an example that claims to be short. */
const SHORT_LINES = 30;

async function example(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(name, EXAMPLES));
}

/** A server with a model in it, with or without a key. */
async function serverWithModel(key?: string): Promise<RunningServer> {
  const server = await RunningServer.start(
    key === undefined ? {} : { "security.apiKey": key, "security.trustProxy": ["127.0.0.1"] },
  );
  await server.app.importFile(EXTENDED_VOX);
  return server;
}

interface Ended {
  readonly code: number;
  /** Lines of standard output and of standard error. */
  readonly out: readonly string[];
  readonly error: readonly string[];
}

/** Runs a program to its end. */
async function ended(command: string, args: readonly string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(await commandPath(command), {
    args: [...args],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(60_000),
  }).output();
  const lines = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim().split("\n");
  return { code, out: lines(stdout), error: lines(stderr) };
}

/** Runs a program to its end, which must be a good one, and returns the lines that it prints. */
async function linesOf(command: string, args: readonly string[]): Promise<string[]> {
  const { code, out, error } = await ended(command, args);
  assertEquals(code, 0, error.join("\n"));
  return [...out];
}

/** An example that fails ends with code 1, and its last line says why; there is no trace of its stack. */
async function assertFails(command: string, args: readonly string[], why: RegExp): Promise<void> {
  const { code, error } = await ended(command, args);
  assertEquals(code, 1, error.join("\n"));
  assertMatch(error.at(-1)!, why);
  for (const line of error) assert(!/^\s+at |Traceback|Uncaught/.test(line), error.join("\n"));
}

/** Address of this machine where nobody listens. */
function deadUrl(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${listener.addr.port}`;
}

/** What `watch_world.ts` prints about three regions. */
function assertWatched(lines: readonly string[]): void {
  assertEquals(lines.length, 4, lines.join("\n"));
  assertEquals(lines.filter((line) => line.startsWith("world main from 0, 0, 0 to 1024")).length, 1);
  const regions = lines.filter((line) => /^region \d+ at level of detail \d: \d+ voxels$/.test(line));
  assertEquals(regions.length, 3, lines.join("\n"));
}

testWith(readable, "the document has every error that only the client knows", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/client.md", import.meta.url));
  const rows = [...text.matchAll(/^\| (6\d{4}) *\| `(\w+)` *\| (\w+) *\| (yes|no) *\|/gm)]
    .map(([, number, code, category, retryable]) => [code, Number(number), category, retryable === "yes"]);
  const errors = Object.entries(LOCAL_ERRORS)
    .map(([code, { number, category, retryable }]) => [code, number, category, retryable]);
  assertEquals(rows, errors);
});

testWith(readable, "the document shows the examples as they are, and they are short", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/client.md", import.meta.url));
  for (const name of ["watch_world.ts", "watch_world.py", "stream_features.py"]) {
    const source = await example(name);
    const language = name.endsWith(".py") ? "python" : "ts";
    assert(
      text.includes(`\`\`\`${language}\n${source.trimEnd()}\n\`\`\``),
      `docs/client.md differs from ${name}`,
    );
    if (name.startsWith("watch_world")) {
      assertLessOrEqual(source.trimEnd().split("\n").length, SHORT_LINES);
    }
  }
});

for (const key of [undefined, KEY]) {
  const how = key === undefined ? "without a key" : "with a key";
  const shown = key === undefined ? [] : [key];

  testWith(deno, `watch_world.ts runs in Deno, ${how}`, async () => {
    await using server = await serverWithModel(key);
    const script = fromFileUrl(new URL("watch_world.ts", EXAMPLES));
    const args = ["run", "--no-prompt", "--no-check", "--allow-net=127.0.0.1"];
    assertWatched(await linesOf("deno", [...args, script, server.url, "3", ...shown]));
  });

  testWith(python, `watch_world.py completes the flow of the first protocol, ${how}`, async () => {
    await using server = await serverWithModel(key);
    const script = fromFileUrl(new URL("watch_world.py", EXAMPLES));
    const [registered, ...regions] = await linesOf("python3", [script, server.url, "3", ...shown]);
    assertEquals(registered, "REGISTERED main");
    assertEquals(regions.length, 3);
    for (const line of regions) assertMatch(line, /^region \d+ at level of detail \d: \d+ bytes$/);
  });

  testWith(python, `stream_features.py goes from INIT to CLOSE, ${how}`, async () => {
    await using server = await serverWithModel(key);
    const script = fromFileUrl(new URL("stream_features.py", EXAMPLES));
    const lines = await linesOf("python3", [script, server.url, "3", ...shown]);
    const answers = ["INIT", ...(key === undefined ? [] : ["AUTH_SUCCESS"]), "SUBSCRIBE_SUCCESS"];
    assertEquals(lines.slice(0, answers.length), answers);
    const updates = lines.slice(answers.length, -1).map((line) => line.split(" ", 1)[0]);
    assertEquals(updates, ["1", "2", "3"]);
    const { voxels } = JSON.parse(lines[answers.length]!.slice(2));
    assertEquals(voxels, server.app.defaultWorld.voxelCount);
    assertEquals(lines.at(-1), "closed with 1000");
  });
}

testWith(deno, "watch_world.ts says in a line why it cannot go on", async () => {
  await using server = await serverWithModel(KEY);
  const script = fromFileUrl(new URL("watch_world.ts", EXAMPLES));
  const args = ["run", "--no-prompt", "--no-check", "--allow-net=127.0.0.1", script];
  await assertFails("deno", [...args, server.url], /^failed: This address needs a credential/);
  await assertFails("deno", [...args, server.url, "3", "a-wrong-key"], /^failed: The credential is wrong$/);
  await assertFails("deno", [...args, deadUrl()], /^failed: The server cannot be reached$/);
});

testWith(python, "the examples in Python say in a line why they cannot go on", async () => {
  await using server = await serverWithModel(KEY);
  const [world, numbers] = ["watch_world.py", "stream_features.py"]
    .map((name) => fromFileUrl(new URL(name, EXAMPLES))) as [string, string];
  await assertFails("python3", [world, server.url], /HTTP 401/);
  await assertFails("python3", [world, server.url, "3", "a-wrong-key"], /HTTP 401/);
  await assertFails("python3", [world, deadUrl()], /^ConnectionRefusedError: /);
  await assertFails("python3", [numbers, server.url], /^AUTH_REQUIRED: /);
  await assertFails("python3", [numbers, server.url, "3", "a-wrong-key"], /^UNAUTHORIZED: /);
  await assertFails("python3", [numbers, deadUrl()], /^ConnectionRefusedError: /);
});

testWith(node, "watch_world.ts, bundled, runs in Node", async () => {
  await using server = await serverWithModel(KEY);
  const folder = await Deno.makeTempDir();
  try {
    const script = `${folder}/watch_world.mjs`;
    const source = fromFileUrl(new URL("watch_world.ts", EXAMPLES));
    await linesOf("deno", ["bundle", "--quiet", "--output", script, source]);
    assertWatched(await linesOf("node", ["--experimental-websocket", script, server.url, "3", KEY]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testWith(node, "the bundle runs in Node with the package ws, from a module of its own", async () => {
  await using server = await serverWithModel();
  const folder = await Deno.makeTempDir();
  try {
    const source = fromFileUrl(new URL("../../src/client/mod.ts", import.meta.url));
    await linesOf("deno", [
      "bundle",
      "--quiet",
      "--platform",
      "browser",
      "--output",
      `${folder}/client.mjs`,
      source,
    ]);
    const script = `
      import WebSocket from "ws";
      import { VoxcastClient } from ${JSON.stringify(`${folder}/client.mjs`)};
      const client = new VoxcastClient({ url: ${JSON.stringify(server.url)}, WebSocket });
      await client.connect();
      const features = await new Promise((resolve) =>
        client.subscribe({ streamType: "stream_features", streamId: "f", onUpdate: ({ features }) => resolve(features) }));
      console.log(client.status.state, features.voxels);
      client.close();
    `;
    const lines = await linesOf("node", ["--input-type=module", "--eval", script]);
    assertEquals(lines, [`connected ${server.app.defaultWorld.voxelCount}`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
