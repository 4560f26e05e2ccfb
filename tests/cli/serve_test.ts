import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { checkFile } from "../../src/cli/check_file.ts";
import { describeAccess } from "../../src/cli/describe_access.ts";
import { describeReach } from "../../src/cli/describe_reach.ts";
import { ConfigError, loadConfig } from "../../src/config/mod.ts";
import { type Logger, seededRandom } from "../../src/observe/mod.ts";
import {
  listenProblem,
  serve,
  type ServedApp,
  type ServeDeps,
  type ServeOptions,
} from "../../src/cli/serve.ts";
import { ReloadSignal } from "../../src/cli/reload_signal.ts";
import { type SignalSource, StopSignals } from "../../src/cli/stop_signals.ts";
import { TracerStartError } from "../../src/snapshot/mod.ts";
import { FileError } from "../../src/sources/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { MemoryIo } from "../support/memory_io.ts";
import { needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";

const KEY = "a-long-enough-key";

/** A server that does nothing but note what is asked of it. */
class NotedApp implements ServedApp {
  readonly builderText = "a notebook";
  readonly calls: string[] = [];
  url = "http://127.0.0.1:7090/";
  logger: Logger | undefined;
  /** What a reload calls, while the server listens to such wishes. */
  reload: (() => void) | undefined;
  /** Thrown by the call of this name. */
  readonly failures = new Map<string, Error>();

  start(): Promise<{ url: string; port: number }> {
    return this.#note("start", { url: this.url, port: 7090 });
  }

  importFile(path: string): Promise<{ voxels: number; regions: number }> {
    return this.#note(`import ${path}`, { voxels: 428739, regions: 1200 });
  }

  reloadKeys(): Promise<void> {
    return this.#note("reload", undefined);
  }

  startDemo(): Promise<void> {
    return this.#note("demo", undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#note("dispose", undefined);
  }

  #note<T>(call: string, result: T): Promise<T> {
    this.calls.push(call);
    const failure = this.failures.get(call);
    return failure === undefined ? Promise.resolve(result) : Promise.reject(failure);
  }
}

function start(
  app: NotedApp,
  options: Partial<ServeOptions> = {},
  checkFile: ServeDeps["checkFile"] = () => Promise.resolve(),
  given: { readonly hint?: string; readonly addresses?: readonly string[] } = {},
) {
  const io = new MemoryIo();
  const stop = new AbortController();
  const { config } = loadConfig({
    env: {},
    flags: { "security.apiKey": KEY, "security.trustProxy": "127.0.0.1" },
  });
  const code = serve({ config, files: [], demo: true, ...options }, {
    io,
    clock: new ManualClock(0),
    random: seededRandom(1),
    stop: stop.signal,
    onReload: (listener) => {
      app.reload = listener;
      return { [Symbol.dispose]: () => app.reload = undefined };
    },
    checkFile,
    keysHint: () => Promise.resolve(given.hint),
    networkAddresses: () => given.addresses,
    createApp: ({ logger }) => {
      app.logger = logger;
      return Promise.resolve(app);
    },
  });
  return { io, stop, code };
}

Deno.test("serve listens, says where and with which builder and how to import, shows the demo, and drains when stopped", async () => {
  const app = new NotedApp();
  const { io, stop, code } = start(app);
  await waitFor(() => io.outText.includes("demo scene is live"), { what: "the demo" });
  assertEquals(app.calls, ["start", "demo"]);
  assertStringIncludes(io.outText, "listening at http://127.0.0.1:7090/");
  assertStringIncludes(io.outText, "Regions are built by a notebook\n");
  assertStringIncludes(io.outText, "deno task voxcast import FILE --key KEY\n");
  assertStringIncludes(
    io.outText,
    "(without Deno: npx --yes deno@2.9.6 task voxcast import FILE --key KEY)\n",
  );
  stop.abort();
  assertEquals(await code, 0);
  assertEquals(app.calls, ["start", "demo", "dispose"]);
  assertEquals(io.errorText, "");
});

Deno.test("the line on imports fits the server: where it is, and whether it asks for a key", async () => {
  const lineOf = async (flags: Record<string, unknown>, url: string) => {
    const app = new NotedApp();
    app.url = url;
    const { io, stop, code } = start(app, { config: loadConfig({ env: {}, flags }).config, demo: false });
    stop.abort();
    await code;
    return /deno task voxcast import FILE(.*)$/m.exec(io.outText)?.[1];
  };
  const tls = { "security.tlsCertFile": "cert.pem", "security.tlsKeyFile": "key.pem" };
  assertEquals(await lineOf({}, "http://127.0.0.1:7090/"), "");
  assertEquals(await lineOf({ port: 80 }, "http://127.0.0.1:80/"), " --server http://127.0.0.1:80/");
  assertEquals(
    await lineOf({ ...tls, "security.apiKey": KEY }, "https://127.0.0.1:7090/"),
    " --server https://127.0.0.1:7090/ --key KEY",
  );
});

Deno.test("a server at every address says so, with the addresses if it may look at them", () => {
  const lines = (host: string, addresses?: readonly string[]) =>
    describeReach({ host, url: "https://localhost:7443/", port: 7443 }, () => addresses);
  const own = ["127.0.0.1", "192.168.1.20", "::1", "2001:db8::7"];
  assertEquals(lines("127.0.0.1", own), []);
  assertEquals(lines("voxels.example.com", own), []);
  assertEquals(lines("0.0.0.0", own), [
    "It listens at every address of this machine: https://192.168.1.20:7443/",
  ]);
  assertEquals(lines("::", own), [
    "It listens at every address of this machine: https://192.168.1.20:7443/, https://[2001:db8::7]:7443/",
  ]);
  assertEquals(lines("0.0.0.0", ["127.0.0.1"]), ["It listens at every address of this machine"]);
  assertEquals(lines("0.0.0.0"), [
    "It listens at every address of this machine, port 7443 (--allow-sys=networkInterfaces shows which)",
  ]);
  assertStringIncludes(
    lines("0.0.0.0", Array.from({ length: 20 }, (_, i) => `10.0.0.${i}`))[0]!,
    " and 12 more",
  );
});

Deno.test("the start shows where else it listens, and a hint on keys that it does not take", async () => {
  const app = new NotedApp();
  app.url = "http://localhost:7090/";
  const flags = { host: "0.0.0.0", "security.apiKey": KEY, "security.trustProxy": "10.0.0.1" };
  const { config } = loadConfig({ env: {}, flags });
  const given = { hint: "keys.json has 1 key", addresses: ["10.0.0.2"] };
  const { io, stop, code } = start(app, { config, demo: false }, undefined, given);
  stop.abort();
  assertEquals(await code, 0);
  assertStringIncludes(io.outText, "It listens at every address of this machine: http://10.0.0.2:7090/\n");
  assertEquals(io.errorText, "keys.json has 1 key\n");
});

Deno.test("files take the place of the demo, and --no-demo leaves the world empty", async () => {
  const app = new NotedApp();
  const { io, stop, code } = start(app, { files: ["a.vox", "b.ply"] });
  await waitFor(() => io.outText.includes("b.ply"), { what: "both imports" });
  assertStringIncludes(io.outText, "Imported a.vox: 428,739 voxels in 1,200 regions");
  stop.abort();
  assertEquals([await code, app.calls], [0, ["start", "import a.vox", "import b.ply", "dispose"]]);

  const empty = new NotedApp();
  const second = start(empty, { demo: false });
  second.stop.abort();
  assertEquals([await second.code, empty.calls], [0, ["start", "dispose"]]);
});

Deno.test("a file that cannot be imported ends the server with its reason and code 1", async () => {
  const cases: [Error, RegExp][] = [
    [new Deno.errors.NotFound("os error 2"), /^a\.vox: there is no such file$/m],
    [new Deno.errors.NotCapable("read"), /^a\.vox: the server may read .* deno task voxcast import FILE$/m],
    [
      new FileError("Cannot read a.vox: y", { cause: new Deno.errors.PermissionDenied("y") }),
      /^a\.vox: the system does not allow it$/m,
    ],
    [new FileError("Cannot read a.vox: it is too large"), /^Cannot read a\.vox: it is too large$/m],
    [new Error("Cannot read .vox file at byte 132: x"), /^a\.vox: Cannot read \.vox file at byte 132: x$/m],
  ];
  for (const [failure, expected] of cases) {
    const app = new NotedApp();
    app.failures.set("import a.vox", failure);
    const { io, code } = start(app, { files: ["a.vox", "b.vox"] });
    assertEquals(await code, 1);
    assertMatch(io.errorText, expected);
    assertEquals(app.calls, ["start", "import a.vox", "dispose"]);
  }
});

Deno.test("a file that is not there is told, once, before anything listens", async () => {
  const app = new NotedApp();
  const missing = new Deno.errors.NotFound("No such file (os error 2): stat 'b.vox'");
  const check = (path: string): Promise<void> =>
    path === "b.vox" ? Promise.reject(missing) : Promise.resolve();
  const { io, code } = start(app, { files: ["a.vox", "b.vox"] }, check);
  assertEquals(await code, 1);
  assertEquals([io.outText, io.errorText], ["", "Cannot read b.vox: there is no such file\n"]);
  assertEquals(app.calls, []);
});

testWith(
  await needs({ read: "." }),
  "a file passes its check; a folder and nothing at all do not",
  async () => {
    const here = decodeURIComponent(new URL("../../", import.meta.url).pathname);
    await checkFile(`${here}deno.json`);
    await assertRejects(() => checkFile(`${here}src`), Error, "it is no file");
    await assertRejects(() => checkFile(`${here}no_such_file`), Deno.errors.NotFound);
  },
);

Deno.test("a taken port is explained, with what to do, and gives code 1", async () => {
  const app = new NotedApp();
  app.failures.set("start", new Deno.errors.AddrInUse("os error 98"));
  const { io, code } = start(app);
  assertEquals(await code, 1);
  assertEquals(
    io.errorText,
    "Cannot listen on 127.0.0.1:7090: another program has this port. " +
      "Stop it, or choose another port with --port 7091 (0 takes any free one)\n",
  );
  assertEquals(app.calls, ["start", "dispose"]);
});

Deno.test("other reasons not to listen each have their own advice", () => {
  const at = { host: "10.1.2.3", port: 65535 };
  assertStringIncludes(listenProblem(new Deno.errors.AddrInUse(""), at), "--port 65534");
  assertStringIncludes(listenProblem(new Deno.errors.AddrNotAvailable(""), at), "no such address");
  assertStringIncludes(listenProblem(new Deno.errors.NotCapable(""), at), "--allow-net=10.1.2.3");
  assertStringIncludes(listenProblem(new Deno.errors.PermissionDenied(""), at), "Ports below 1024");
  assertStringIncludes(listenProblem(new Error("odd"), at), "10.1.2.3:65535: odd");
});

Deno.test("the server's log goes to standard error, without the key", async () => {
  const app = new NotedApp();
  const { io, stop, code } = start(app);
  await waitFor(() => app.logger !== undefined, { what: "the app" });
  app.logger!.info(`saw ${KEY}`, { n: 1 });
  stop.abort();
  await code;
  assertEquals(io.errorText, "1970-01-01T00:00:00.000Z INFO  saw *** n=1\n");
});

Deno.test("every secret stays out of the log and of what the start says", async () => {
  const secrets = ["key-number-1", "key-number-2", "a-secret-of-at-least-thirty-two-characters"];
  const { config } = loadConfig({
    env: {},
    flags: {
      "security.apiKeys": secrets.slice(0, 2),
      "security.jwtSecret": secrets[2],
      "security.jwtIssuer": "me",
      "security.jwtAudience": "you",
      "security.trustProxy": "127.0.0.1",
    },
  });
  const app = new NotedApp();
  const { io, stop, code } = start(app, { config, demo: false });
  await waitFor(() => io.outText.includes("Ctrl-C stops"), { what: "the banner" });
  app.logger!.warn(`saw ${secrets.join(" and ")}`, { text: secrets[2] });
  stop.abort();
  await code;
  assertStringIncludes(io.errorText, "saw *** and *** and ***");
  for (const secret of secrets) assert(!(io.outText + io.errorText).includes(secret), secret);
});

Deno.test("the start says who may come in, and how", async () => {
  const describe = (flags: Record<string, unknown>) => describeAccess(loadConfig({ env: {}, flags }).config);
  const proxy = { "security.trustProxy": "127.0.0.1,10.0.0.0/8" };
  const jwt = { ...proxy, "security.jwtIssuer": "me", "security.jwtAudience": "you" };
  assertMatch(describe({}), /^No authentication \(development\): /);
  assertEquals(
    describe({ ...proxy, "security.apiKey": KEY }),
    "Authentication is required: 1 API key. TLS is left to the proxy (127.0.0.1, 10.0.0.0/8)",
  );
  const all = {
    ...jwt,
    "security.apiKey": KEY,
    "security.apiKeys": "key-number-1,key-number-2",
    "security.keysFile": "keys.json",
    "security.jwtSecret": "a-secret-of-at-least-thirty-two-characters",
    "security.jwksFile": "jwks.json",
    "security.requireHmac": true,
    "security.tlsCertFile": "cert.pem",
    "security.tlsKeyFile": "key.pem",
  };
  assertEquals(
    describe(all),
    "Authentication is required: 3 API keys, the keys of keys.json, tokens (HS256), tokens signed by the keys of " +
      "jwks.json; API keys must be signed (HMAC). TLS with cert.pem",
  );
  const { io, stop, code } = start(new NotedApp());
  await waitFor(() => io.outText.includes("Ctrl-C stops"), { what: "the banner" });
  stop.abort();
  await code;
  assertStringIncludes(io.outText, "Authentication is required: 1 API key.");
});

Deno.test("a file of the configuration that cannot be used ends the start with its reason and code 2", async () => {
  const app = new NotedApp();
  const problem = { key: "security.tlsKeyFile", place: "file", value: "key.pem", message: "is encrypted" };
  app.failures.set("start", new ConfigError([problem]));
  const { io, code } = start(app);
  assertEquals(await code, 2);
  assertStringIncludes(io.errorText, "security.tlsKeyFile = key.pem (file): is encrypted\n");
  assertEquals(io.outText, "");
});

/** Signals that a test sends itself. */
function manualSignals() {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  const source: SignalSource = {
    add: (signal, listener) => listeners.set(signal, listener),
    remove: (signal) => listeners.delete(signal),
    exit: (code) => exits.push(code),
  };
  return { source, listeners, exits, send: (signal: Deno.Signal) => listeners.get(signal)!() };
}

Deno.test("the first signal aborts, the second one ends the process at once, and disposing stops listening", () => {
  const { source, listeners, exits, send } = manualSignals();
  const clock = new ManualClock(0);
  const stop = new StopSignals(source, clock, "linux");
  assertEquals([...listeners.keys()], ["SIGINT", "SIGTERM"]);
  send("SIGTERM");
  assertEquals([stop.signal.aborted, exits], [true, []]);
  clock.advance(1000);
  send("SIGINT");
  assertEquals(exits, [1]);
  stop[Symbol.dispose]();
  assertEquals(listeners.size, 0);
});

Deno.test("a Ctrl-C that a task runner passes on, within half a second of the first, is the same one", () => {
  const { source, exits, send } = manualSignals();
  const clock = new ManualClock(0);
  using _stop = new StopSignals(source, clock, "linux");
  clock.advance(10_000);
  send("SIGINT");
  clock.advance(499);
  send("SIGINT");
  assertEquals(exits, []);
  clock.advance(1);
  send("SIGINT");
  assertEquals(exits, [1]);
});

Deno.test("SIGHUP asks for a look at the files of keys, but not in a terminal, whose end it is, nor on Windows", () => {
  const { source, listeners, send } = manualSignals();
  let reloads = 0;
  const onReload = () => reloads++;
  {
    using _reload = new ReloadSignal({ source, onReload, isInTerminal: false, os: "linux" });
    send("SIGHUP");
    send("SIGHUP");
    assertEquals(reloads, 2);
  }
  using _inTerminal = new ReloadSignal({ source, onReload, isInTerminal: true, os: "linux" });
  using _onWindows = new ReloadSignal({ source, onReload, isInTerminal: false, os: "windows" });
  assertEquals(listeners.size, 0);
});

Deno.test("a server looks at its files of keys when it is told to, from its start to its end", async () => {
  const app = new NotedApp();
  const { io, stop, code } = start(app, { demo: false });
  await waitFor(() => io.outText.includes("listening"), { what: "the server to listen" });
  app.reload!();
  assertEquals(app.calls, ["start", "reload"]);
  stop.abort();
  assertEquals(await code, 0);
  assertEquals(app.reload, undefined);
});

Deno.test("a tracer that was asked for and cannot be had ends the start with what to do", async () => {
  const app = new NotedApp();
  app.failures.set("start", new TracerStartError("No WebGPU adapter has that name"));
  const { io, code } = start(app);
  assertEquals(await code, 1);
  assertStringIncludes(
    io.errorText,
    'Cannot trace pictures (trace.backend is "auto"): No WebGPU adapter has that name. Choose another with --trace-backend',
  );
});
