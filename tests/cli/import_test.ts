import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { ImportOptions } from "../../src/cli/import_arguments.ts";
import { type ImportDeps, runImport } from "../../src/cli/import.ts";
import { ServerClient } from "../../src/cli/server_client.ts";
import { unreachableAdvice } from "../../src/cli/unreachable_advice.ts";
import { uploadPatches } from "../../src/cli/upload.ts";
import { type Clock, systemClock } from "../../src/observe/mod.ts";
import { importModel } from "../../src/sources/mod.ts";
import { formatHash } from "../../src/tree/mod.ts";
import type { World } from "../../src/world/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { needs, testWith } from "../support/needs.ts";
import { DEER_VOX, EXTENDED_VOX, modelNeeds, TREE_VOX } from "../support/real_models.ts";
import { waitFor } from "../support/wait_for.ts";
import { type CapturedIo, capturedIo } from "./captured_io.ts";
import { FAKE_GRID, FakeServer, problem } from "./fake_server.ts";
import { DEFAULT_IMPORT_LIMITS } from "../support/limits.ts";

/** Any file that is no model. */
const NO_MODEL = decodeURIComponent(new URL(import.meta.resolve("../../deno.json")).pathname);
const POST_VOXELS = "POST /api/worlds/main/voxels";

/** Time stands still for those who ask, so that a slow machine makes no lines of progress. */
const STILL: Clock = { ...systemClock, monotonic: () => 0 };

interface Ran {
  readonly code: number;
  readonly io: CapturedIo;
}

async function run(
  server: Pick<FakeServer, "fetch">,
  options: ImportOptions,
  deps: Partial<ImportDeps> = {},
  io: CapturedIo = capturedIo(),
): Promise<Ran> {
  return { code: await runImport(options, io, { fetch: server.fetch, clock: STILL, ...deps }), io };
}

/** Voxels of a world: the number and the content hash of each region. */
function voxelsOf(world: World): string[] {
  return [...world.regions].map(([key, { voxels, hash }]) => `${key} ${voxels} ${formatHash(hash)}`).sort();
}

/** What an import without a server between gives. */
async function direct(path: string): Promise<string[]> {
  const world = new FakeServer().add("direct");
  const { bounds, level, depth } = FAKE_GRID;
  const bytes = await Deno.readFile(path);
  const { patches } = await importModel({ bytes, bounds, level, depth, limits: DEFAULT_IMPORT_LIMITS });
  for (const cells of patches) world.apply({ kind: "patch", cells });
  return voxelsOf(world);
}

const network = await needs({ net: "127.0.0.1" });

testWith(
  network,
  "import brings tree.vox over HTTP into a world that it makes, voxel for voxel",
  async () => {
    const server = new FakeServer();
    await using listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, server.handle);
    const address = `http://127.0.0.1:${listener.addr.port}`;
    const io = capturedIo();
    const code = await runImport({ files: [TREE_VOX], world: "forest", server: address }, io);
    assertEquals([code, io.text.error], [0, ""]);
    assertEquals(server.worlds.get("forest")!.voxelCount, 768_068);
    assertEquals(voxelsOf(server.worlds.get("forest")!), await direct(TREE_VOX));
    assertMatch(
      io.text.out,
      new RegExp(
        [
          'tree\\.vox: imported into world "forest"',
          "  points in  804,872 \\(MagicaVoxel 200, 3 models shown\\)",
          "  voxels     768,068 in 54 regions",
          "  bounds     396,0,410 to 628,256,613, 232 x 256 x 203 cells",
          "  dropped    none",
          "  time       .+ s \\([\\d,]+ voxels/s\\)",
          `View it at ${address}/\\?world=forest\n$`,
        ].join("\n"),
      ),
    );
    assertEquals(server.log.slice(0, 3), [
      "POST /api/worlds",
      "GET /api/worlds/forest",
      "POST /api/worlds/forest/voxels",
    ]);
  },
);

testWith(network, "a server that is not there is told with what to do", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const io = capturedIo();
  const code = await runImport({ files: [DEER_VOX, DEER_VOX], server: `127.0.0.1:${port}` }, io);
  assertEquals([code, io.text.out], [1, ""]);
  assertStringIncludes(io.text.error, `Cannot reach a server at http://127.0.0.1:${port}`);
  assertStringIncludes(io.text.error, "Start it with deno task start");
  assertEquals(io.text.error.split("\n").length, 2, "told once, although there are two files");
});

testWith(
  modelNeeds,
  "--kind is that of a world that is made, and no more than told of one that is there",
  async () => {
    const server = new FakeServer();
    const first = await run(server, { files: [DEER_VOX], world: "tets", kind: "esvt" });
    assertEquals([first.code, server.worlds.get("tets")!.kind, first.io.text.error], [0, "esvt", ""]);
    const second = await run(server, { files: [DEER_VOX, DEER_VOX], world: "tets", kind: "esvo" });
    assertEquals([second.code, server.worlds.get("tets")!.kind], [0, "esvt"]);
    assertEquals(
      second.io.text.error,
      "World tets is there already, and of kind esvt: --kind esvo changes nothing\n",
    );
  },
);

Deno.test("a server that cannot be reached is told with the advice that fits the reason", () => {
  const advice = (reason: string, server = "https://localhost:7090") =>
    unreachableAdvice(reason, new URL(server));
  assertStringIncludes(
    advice("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))"),
    "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -keyout key.pem -out cert.pem -subj /CN=voxcast " +
      "-addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE",
  );
  assertStringIncludes(advice("CaUsedAsEndEntity", "https://10.0.0.1:7090"), "subjectAltName=IP:10.0.0.1 ");
  assertStringIncludes(advice("CaUsedAsEndEntity", "https://[::1]:7090"), "subjectAltName=IP:::1 ");
  assertStringIncludes(advice("invalid peer certificate: UnknownIssuer"), "DENO_CERT=FILE");
  assertStringIncludes(
    advice('certificate not valid for name "127.0.0.2"; only for ...'),
    "as its certificate does",
  );
  assertStringIncludes(
    advice("invalid peer certificate: certificate expired: verification time ..."),
    "is over",
  );
  assertStringIncludes(advice("invalid HTTP version parsed", "http://a:1"), "try --server https://a:1");
  assertStringIncludes(
    advice("received corrupt message of type InvalidContentType", "https://a:1"),
    "http://a:1",
  );
  assertStringIncludes(advice("tcp connect error: Connection refused"), "Start it with deno task start");
});

testWith(modelNeeds, "import writes into a world that is there already", async () => {
  const server = new FakeServer();
  const world = server.add("main");
  world.apply({
    kind: "patch",
    cells: { positions: Uint32Array.of(1, 2, 3), colors: Uint32Array.of(0xff000001) },
  });
  const { code } = await run(server, { files: [DEER_VOX] });
  assertEquals([code, world.voxelCount], [0, 356]);
});

testWith(modelNeeds, "--replace empties the world once, and not before the first file is read", async () => {
  const server = new FakeServer();
  const world = server.add("main");
  world.apply({
    kind: "patch",
    cells: { positions: Uint32Array.of(1, 2, 3), colors: Uint32Array.of(0xff000001) },
  });
  assertEquals((await run(server, { files: [NO_MODEL], replace: true })).code, 1);
  assertEquals(world.voxelCount, 1);
  assertEquals((await run(server, { files: [EXTENDED_VOX, DEER_VOX], replace: true })).code, 0);
  assertEquals(server.log.filter((line) => line.startsWith("DELETE")).length, 1);
  assert(world.voxelCount > 4854, "the second file replaced the first");
});

testWith(modelNeeds, "--at and --resolution place the model", async () => {
  const server = new FakeServer();
  const { io } = await run(server, { files: [DEER_VOX], at: "10, 20,30", resolution: "22" });
  assertStringIncludes(io.text.out, "bounds     10,20,30 to ");
  assertStringIncludes((await run(server, { files: [DEER_VOX], resolution: "44" })).io.text.out, " x 44 x ");
});

testWith(modelNeeds, "--up y leaves a .vox file as it lies", async () => {
  const lying = await run(new FakeServer(), { files: [DEER_VOX], up: "y" });
  const standing = await run(new FakeServer(), { files: [DEER_VOX] });
  const size = ({ io }: Ran): string[] => /, (\d+) x (\d+) x (\d+) cells/.exec(io.text.out)!.slice(1);
  const [x, y, z] = size(standing);
  assertEquals(size(lying), [x!, z!, y!]);
});

testWith(modelNeeds, "what lies outside of the world is counted in the report", async () => {
  const { code, io } = await run(new FakeServer(), { files: [DEER_VOX], at: "-10,0,0" });
  assertEquals(code, 0);
  assertMatch(io.text.out, /dropped {4}\d+: outside of the world/);
  const outside = await run(new FakeServer(), { files: [DEER_VOX], at: "-1000,0,0" });
  assertEquals(outside.code, 1);
  assertStringIncludes(outside.io.text.error, "nothing to import (355: outside of the world)");
});

testWith(
  modelNeeds,
  "a bad file is told with its byte and does not keep the next from being imported",
  async () => {
    const server = new FakeServer();
    const { code, io } = await run(server, { files: [NO_MODEL, "no/such/file.vox", DEER_VOX] });
    assertEquals(code, 1);
    assertEquals(server.worlds.get("main")!.voxelCount, 355);
    assertEquals(io.text.error.split("\n"), [
      `${NO_MODEL}: Cannot read model file at byte 0: expected a MagicaVoxel (.vox) or PLY (.ply, also gzip) file, found a JSON document`,
      "Cannot read no/such/file.vox: there is no such file",
      "",
    ]);
  },
);

testWith(modelNeeds, "a missing file makes no world", async () => {
  const server = new FakeServer();
  assertEquals((await run(server, { files: ["missing.ply"] })).code, 1);
  assertEquals(server.log, []);
});

testWith(modelNeeds, "a world made for files that are all refused is deleted again", async () => {
  const limit = () => problem(507, "VOXEL_LIMIT", "World would hold 9 voxels");
  const cases: readonly (readonly [Partial<ImportOptions>, number, boolean])[] = [
    [{ files: [NO_MODEL] }, 1, false],
    [{ files: [DEER_VOX], resolution: "2000" }, 2, false],
    [{ files: [DEER_VOX], at: "-1000,0,0" }, 1, false],
    [{ files: [DEER_VOX] }, 1, true],
  ];
  for (const [options, expected, isFull] of cases) {
    const server = new FakeServer();
    if (isFull) server.instead.push({ on: "POST /api/worlds/new/voxels", answer: limit });
    const { code } = await run(server, { files: [], ...options, world: "new" });
    assertEquals([code, [...server.worlds.keys()]], [expected, []], JSON.stringify(options));
    assertEquals(server.log[0], "POST /api/worlds", "the world was never made");
  }
});

testWith(
  modelNeeds,
  "a world is kept that was there before, got a file, or got something of others",
  async () => {
    const before = new FakeServer();
    before.add("main");
    assertEquals((await run(before, { files: [NO_MODEL] })).code, 1);
    assert(before.worlds.has("main"));

    const half = new FakeServer();
    assertEquals((await run(half, { files: [NO_MODEL, DEER_VOX] })).code, 1);
    assertEquals(half.worlds.get("main")!.voxelCount, 355);

    const shared = new FakeServer();
    const fetch = async (url: URL, init: RequestInit): Promise<Response> => {
      const response = await shared.fetch(url, init);
      if (init.method === "POST") {
        const cells = { positions: Uint32Array.of(1, 2, 3), colors: Uint32Array.of(0xff000001) };
        shared.worlds.get("main")!.apply({ kind: "patch", cells });
      }
      return response;
    };
    assertEquals((await run({ fetch }, { files: [NO_MODEL] })).code, 1);
    assertEquals(shared.worlds.get("main")!.voxelCount, 1);
  },
);

testWith(modelNeeds, "a stop before anything is uploaded takes the new world away again", async () => {
  const server = new FakeServer();
  const controller = new AbortController();
  const fetch = async (url: URL, init: RequestInit): Promise<Response> => {
    init.signal?.throwIfAborted();
    const response = await server.fetch(url, init);
    if (init.method === "POST") controller.abort(new Error("Ctrl-C"));
    return response;
  };
  const { code } = await run({ fetch }, { files: [DEER_VOX] }, { signal: controller.signal });
  assertEquals([code, [...server.worlds.keys()]], [1, []]);
});

testWith(modelNeeds, "a server that does not answer to its name is not taken to want a key", async () => {
  const server = new FakeServer();
  const words = "This server answers to the names of its own machine only";
  server.instead.push({ on: "POST /api/worlds", answer: () => problem(403, "FORBIDDEN", words) });
  const { code, io } = await run(server, { files: [DEER_VOX] });
  assertEquals([code, io.text.error], [1, `http://127.0.0.1:7090 refuses: ${words}\n`]);
});

testWith(
  modelNeeds,
  "a key that may edit a world but make none imports into the one that is there",
  async () => {
    const server = new FakeServer();
    const world = server.add("main");
    const words = "This needs the role owner, the credential has participant";
    const refuse = () => problem(403, "NOT_ALLOWED", words);
    server.instead.push({ on: "POST /api/worlds", answer: refuse });
    assertEquals((await run(server, { files: [DEER_VOX] })).code, 0);
    assert(world.voxelCount > 0);
    server.instead.push({ on: "POST /api/worlds", answer: refuse }, {
      on: "GET /api/worlds/main",
      answer: refuse,
    });
    const { code, io } = await run(server, { files: [DEER_VOX] });
    const advice = `${words}. Give a key with --key that allows it`;
    assertEquals([code, io.text.error], [1, `http://127.0.0.1:7090 refuses: ${advice}\n`]);
  },
);

testWith(modelNeeds, "a failed deletion of the world leaves the reason of the import as it is", async () => {
  const server = new FakeServer();
  server.instead.push({ on: "DELETE /api/worlds/main", answer: () => problem(503, "SHUTTING_DOWN", "x") });
  const { code, io } = await run(server, { files: [NO_MODEL] });
  assertEquals([code, io.text.error.split("\n").length], [1, 2], io.text.error);
});

testWith(modelNeeds, "a folder is no file", async () => {
  const { code, io } = await run(new FakeServer(), { files: ["src"] });
  assertEquals([code, io.text.error], [1, "Cannot read src: it is no file\n"]);
});

testWith(modelNeeds, "a busy server is given the time that it asks for", async () => {
  const server = new FakeServer();
  const clock = new ManualClock();
  server.instead.push({ on: POST_VOXELS, answer: () => problem(429, "BUSY", "Busy", 700) });
  server.instead.push({
    on: POST_VOXELS,
    answer: () => new Response("busy", { status: 503, headers: { "retry-after": "2" } }),
  });
  const io = capturedIo();
  const running = runImport({ files: [DEER_VOX] }, io, { fetch: server.fetch, clock });
  const posts = (): number => server.log.filter((line) => line === POST_VOXELS).length;
  await waitFor(() => posts() === 1 && clock.pending > 0, { what: "the first wait" });
  await clock.advanceAsync(699);
  assertEquals(posts(), 1);
  await clock.advanceAsync(1);
  await waitFor(() => posts() === 2 && clock.pending > 0, { what: "the second wait" });
  await clock.advanceAsync(1999);
  assertEquals(posts(), 2);
  await clock.advanceAsync(1);
  assertEquals(await running, 0);
  assertEquals(server.worlds.get("main")!.voxelCount, 355);
  assertStringIncludes(io.text.out, "waited     2 times for a busy server");
});

testWith(modelNeeds, "a lost connection is tried again, but not for ever", async () => {
  const server = new FakeServer();
  const clock = new ManualClock();
  let losses = 3;
  const fetch = (url: URL, init: RequestInit): Promise<Response> => {
    if (url.pathname.endsWith("/voxels") && losses-- > 0) {
      return Promise.reject(new TypeError("connection reset"));
    }
    return server.fetch(url, init);
  };
  const patient = runImport({ files: [DEER_VOX] }, capturedIo(), { fetch, clock });
  for (const ms of [250, 500, 1000]) {
    await waitFor(() => clock.pending > 0, { what: "the wait before a new try" });
    await clock.advanceAsync(ms);
  }
  assertEquals(await patient, 0);
  losses = Infinity;
  const io = capturedIo();
  const hopeless = runImport({ files: [DEER_VOX] }, io, { fetch, clock });
  for (const ms of [250, 500, 1000, 2000, 4000]) {
    await waitFor(() => clock.pending > 0, { what: "the wait before a new try" });
    await clock.advanceAsync(ms);
  }
  assertEquals(await hopeless, 1);
  assertStringIncludes(io.text.error, "only a part was uploaded; import it again to complete it");
  assertStringIncludes(io.text.error, "connection reset");
});

testWith(modelNeeds, "patches that are too large for the server are halved until they fit", async () => {
  const server = new FakeServer({ maxPatchCells: 100 });
  assertEquals((await run(server, { files: [DEER_VOX] })).code, 0);
  assertEquals(voxelsOf(server.worlds.get("main")!), await direct(DEER_VOX));
});

testWith(modelNeeds, "halves keep colours and materials with their cells", async () => {
  const server = new FakeServer({ maxPatchCells: 3 });
  const world = server.add("main");
  const patch = {
    positions: Uint32Array.from({ length: 33 }, (_, i) => i),
    colors: Uint32Array.from({ length: 11 }, (_, i) => 0xff000000 + i),
    materials: Uint8Array.from({ length: 11 }, (_, i) => i),
  };
  const client = new ServerClient({ server: new URL("http://test"), world: "main", fetch: server.fetch });
  const done: number[] = [];
  await uploadPatches([patch], { client, clock: systemClock, onProgress: (cells) => done.push(cells) });
  const whole = new FakeServer().add("whole");
  whole.apply({ kind: "patch", cells: patch });
  assertEquals(voxelsOf(world), voxelsOf(whole));
  assertEquals(done, [2, 5, 8, 11]);
});

testWith(modelNeeds, "the key is sent, and asked for when it is missing or wrong", async () => {
  const server = new FakeServer({ key: "secret" });
  assertEquals((await run(server, { files: [DEER_VOX], key: "secret" })).code, 0);
  const missing = await run(server, { files: [DEER_VOX] });
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.io.text.error, "An API key is needed. Give its API key with --key");
  const wrong = await run(server, { files: [DEER_VOX], key: "guess" });
  assertStringIncludes(wrong.io.text.error, "The key given with --key is not the server's");
  assert(!wrong.io.text.error.includes("guess"), "the key was printed");
});

testWith(
  modelNeeds,
  "a refusal that waiting does not cure ends the import with the server's words",
  async () => {
    const server = new FakeServer();
    server.instead.push({
      on: POST_VOXELS,
      answer: () => problem(507, "VOXEL_LIMIT", "World would hold 9 voxels"),
    });
    const { code, io } = await run(server, { files: [DEER_VOX] });
    assertEquals(code, 1);
    assertStringIncludes(io.text.error, "World would hold 9 voxels. Import with a lower --resolution");
  },
);

testWith(modelNeeds, "an answer that is not this server's is no crash", async () => {
  for (
    const answer of [
      () => new Response("<html>"),
      () => Response.json([]),
      () => Response.json({ level: 99 }),
    ]
  ) {
    const { code, io } = await run({ fetch: () => Promise.resolve(answer()) }, { files: [DEER_VOX] });
    assertEquals(code, 1);
    assertStringIncludes(io.text.error, "answers like no Voxcast server");
  }
});

testWith(modelNeeds, "a bad command line is code 2, names the option, and asks no server", async () => {
  const file = { files: [DEER_VOX] };
  const cases: readonly (readonly [ImportOptions, string])[] = [
    [{ files: [] }, "at least one file"],
    [{ ...file, world: "Größe" }, "--world"],
    [{ ...file, resolution: "0" }, "--resolution"],
    [{ ...file, resolution: "many" }, '--resolution must be a whole number of cells from 1, got "many"'],
    [{ ...file, at: "1,2" }, "--at"],
    [{ ...file, at: "1,2,x" }, "--at"],
    [{ ...file, up: "x" }, "--up"],
    [{ ...file, kind: "octree" }, '--kind must be esvo or esvt, got "octree"'],
    [{ ...file, server: "ftp://there" }, "--server"],
    [{ ...file, server: "http://" }, "--server"],
  ];
  for (const [options, words] of cases) {
    const server = new FakeServer();
    const { code, io } = await run(server, options);
    assertEquals([code, server.log, io.text.out], [2, [], ""], words);
    assertStringIncludes(io.text.error, words);
  }
});

testWith(modelNeeds, "a resolution above the world's cells is code 2 with the range", async () => {
  const { code, io } = await run(new FakeServer(), { files: [DEER_VOX], resolution: "2000" });
  assertEquals(code, 2);
  assertStringIncludes(io.text.error, "from 1 to 1024");
});

testWith(modelNeeds, "the signal stops an import between patches", async () => {
  const server = new FakeServer();
  const controller = new AbortController();
  const fetch = async (url: URL, init: RequestInit): Promise<Response> => {
    const response = await server.fetch(url, init);
    if (url.pathname.endsWith("/voxels")) controller.abort(new Error("Ctrl-C"));
    return response;
  };
  const { code, io } = await run({ fetch }, { files: [TREE_VOX] }, { signal: controller.signal });
  assertEquals([code, io.text.error], [1, "Stopped; what was sent until now is in the world\n"]);
  assertEquals(server.log.filter((line) => line === POST_VOXELS).length, 1);
});

testWith(modelNeeds, "on a terminal a bar is drawn over itself and gone at the end", async () => {
  const io = capturedIo(true, 60);
  assertEquals((await run(new FakeServer(), { files: [TREE_VOX] }, {}, io)).code, 0);
  assertStringIncludes(io.text.error, "tree.vox: reading [");
  assertStringIncludes(io.text.error, "tree.vox: uploading [");
  assert(io.text.error.endsWith("\r\x1b[K"));
  assert(!io.text.error.includes("\n"));
  for (const line of io.text.error.split("\r\x1b[K")) assert(line.length < 60, line);
  assert(!io.text.out.includes("\x1b"));
});
