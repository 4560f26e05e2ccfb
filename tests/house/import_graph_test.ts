import { assert, assertArrayIncludes, assertEquals } from "@std/assert";
import { needs, testWith } from "../support/needs.ts";
import { findCycle, findEntries, folderOf, type ImportGraph, loadImportGraph } from "./import_graph.ts";
import { projectFiles, readProjectFile, withoutComments } from "./project_files.ts";

// The order of the parts, and who may know whom, is drawn in docs/architecture.md; this table is what holds it.
const SHARED = ["observe", "config"];
const ALL = "all";

/** Folder of src -> folders it may import. `all` means every one but app. */
const ALLOWED: Readonly<Record<string, readonly string[] | typeof ALL>> = {
  space: [],
  tree: ["space"],
  protocol: ["space", "tree"],
  viewport: ["space"],
  observe: [],
  config: [],
  gpu: [...SHARED],
  world: ["space", "tree", "protocol", ...SHARED],
  sources: ["space", "tree", "protocol", "world", ...SHARED],
  build: ["space", "tree", "protocol", "world", "gpu", ...SHARED],
  cache: ["space", "tree", "protocol", ...SHARED],
  trace: ["space", "tree", "viewport", "gpu", ...SHARED],
  security: ["protocol", ...SHARED],
  session: ["protocol", "security", ...SHARED],
  streaming: ["space", "tree", "protocol", "viewport", "world", "build", "cache", "session", ...SHARED],
  channels: [
    ...["space", "tree", "protocol", "viewport", "world", "sources", "security", "session", "streaming"],
    ...SHARED,
  ],
  snapshot: [
    ...["space", "tree", "protocol", "viewport", "world", "streaming", "trace"],
    ...SHARED,
  ],
  http: ALL,
  client: ["space", "tree", "protocol", "viewport"],
  cli: [ALL, "app"],
  app: ALL,
};

/** Folders that run in the browser as they are: no runtime, no clock, no input or output, no packages. */
const PURE = ["space", "tree", "protocol", "viewport"];

let cached: Promise<ImportGraph> | undefined;

function graph(): Promise<ImportGraph> {
  return cached ??= loadImportGraph();
}

function mayImport(from: string, to: string): boolean {
  const allowed = ALLOWED[from] ?? [];
  if (allowed === ALL) return to !== "app";
  return allowed.includes(to) || (allowed.includes(ALL) && to !== "app");
}

const readable = await needs({ read: "." });
const need = await needs({ read: "." }, { run: "deno" });

Deno.test("the table of allowed imports has no cycle of its own below http", () => {
  const lower = Object.entries(ALLOWED).filter(([, to]) => to !== ALL && !to.includes(ALL));
  assertEquals(findCycle(new Map(lower.map(([from, to]) => [from, to as readonly string[]]))), undefined);
});

Deno.test("a cycle is found, and a graph without one passes", () => {
  assertEquals(findCycle(new Map([["a", ["b"]], ["b", ["c", "a"]], ["c", []]])), ["a", "b", "a"]);
  assertEquals(findCycle(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), undefined);
});

testWith(readable, "every Worker and every browser bundle is an entry of the graph", async () => {
  const entries = await findEntries();
  assertArrayIncludes(entries, ["main.ts", "src/client/viewer.ts", "src/client/decode_worker.ts"]);
  assertArrayIncludes(entries, ["src/client/mod.ts"]);
  assertArrayIncludes(entries, ["src/sources/import_worker.ts"]);
  assert(entries.some((path) => path.startsWith("src/build/cpu/")), "no build Worker among the entries");
  assertArrayIncludes(entries, ["src/build/gpu/worker.ts"]);
  assertArrayIncludes(entries, ["src/trace/cpu_worker.ts", "src/trace/gpu_worker.ts"]);
});

testWith(
  need,
  "every folder of src is in the table of allowed imports, and only folders that exist are",
  async () => {
    const folders = new Set((await projectFiles("src/")).map(folderOf).filter((name) => name !== undefined));
    assertEquals([...folders].sort(), Object.keys(ALLOWED).sort());
  },
);

testWith(need, "folders import only what the table allows", async () => {
  const wrong: string[] = [];
  for (const [path, targets] of (await graph()).edges) {
    const from = folderOf(path);
    for (const target of targets) {
      const to = folderOf(target);
      if (from !== undefined && to !== undefined && from !== to && !mayImport(from, to)) {
        wrong.push(`${path} imports ${target}`);
      }
    }
  }
  assertEquals(wrong, []);
});

testWith(need, "other folders come in only through mod.ts", async () => {
  const wrong: string[] = [];
  for (const [path, targets] of (await graph()).edges) {
    for (const target of targets) {
      const to = folderOf(target);
      if (to === undefined || to === folderOf(path) || to === "app") continue;
      if (target !== `src/${to}/mod.ts`) wrong.push(`${path} imports ${target}`);
    }
  }
  assertEquals(wrong, []);
});

testWith(need, "no file and no folder is in a cycle of imports", async () => {
  const { edges } = await graph();
  const own = new Map([...edges].filter(([path]) => folderOf(path) !== undefined));
  assertEquals(findCycle(own), undefined);
  const folders = new Map<string, Set<string>>();
  for (const [path, targets] of own) {
    const from = folderOf(path)!;
    const reached = folders.get(from) ?? new Set();
    for (const target of targets) {
      const to = folderOf(target);
      if (to !== undefined && to !== from) reached.add(to);
    }
    folders.set(from, reached);
  }
  assertEquals(findCycle(new Map([...folders].map(([from, to]) => [from, [...to]]))), undefined);
});

testWith(need, "every source file is reached from an entry", async () => {
  const { edges } = await graph();
  const sources = (await projectFiles("src/")).filter((path) =>
    path.endsWith(".ts") && !path.endsWith(".d.ts")
  );
  assertEquals(sources.filter((path) => !edges.has(path)), []);
});

testWith(need, "nothing in src imports tests, benches or another origin's modules", async () => {
  const { edges, foreign } = await graph();
  for (const [path, targets] of edges) {
    for (const target of targets) assert(!/^(tests|bench)\//.test(target), `${path} imports ${target}`);
  }
  for (const [path, targets] of foreign) {
    for (const target of targets) assert(/^(npm|node):|^file:/.test(target), `${path} imports ${target}`);
  }
});

testWith(need, "pure folders import no package and nothing of the runtime", async () => {
  for (const [path, targets] of (await graph()).foreign) {
    if (PURE.includes(folderOf(path) ?? "")) assertEquals(targets, [], path);
  }
});

testWith(readable, "pure folders touch no runtime, clock, chance or input and output", async () => {
  const forbidden =
    /\b(Deno|process|Buffer|performance|setTimeout|setInterval|queueMicrotask|console|fetch|WebSocket|Worker|crypto|localStorage|document|window)\s*[.(]|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/;
  for (const folder of PURE) {
    for (const path of await projectFiles(`src/${folder}/`)) {
      if (!path.endsWith(".ts")) continue;
      const found = forbidden.exec(withoutComments(await readProjectFile(path)));
      assertEquals(found?.[0], undefined, path);
    }
  }
});
