import { commandPath } from "../support/needs.ts";
import { PROJECT, projectFiles, readProjectFile, withoutComments } from "./project_files.ts";

/** Who imports whom among the project's own files, types included. Paths are relative to the project. */
export interface ImportGraph {
  readonly entries: readonly string[];
  readonly edges: ReadonlyMap<string, readonly string[]>;
  /** Specifiers of other origin (npm:, node:, https:) by file. */
  readonly foreign: ReadonlyMap<string, readonly string[]>;
}

interface InfoModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/**
 * Where execution starts: the program, every Worker (found by its `new URL("... .ts", import.meta.url)`, which stands in
 * `new Worker` or is handed to one) and everything that the build task bundles for the browser.
 */
export async function findEntries(): Promise<string[]> {
  const entries = new Set(["main.ts"]);
  for (const path of await projectFiles("src/")) {
    if (!path.endsWith(".ts")) continue;
    const text = withoutComments(await readProjectFile(path));
    for (const match of text.matchAll(/new URL\(\s*["']([^"']+\.ts)["']\s*,\s*import\.meta\.url/g)) {
      entries.add(relative(new URL(match[1]!, new URL(path, PROJECT)).href)!);
    }
  }
  const { tasks } = JSON.parse(await readProjectFile("deno.json"));
  for (const match of (tasks.build.command as string).matchAll(/\bsrc\/[\w/]+\.ts\b/g)) entries.add(match[0]);
  return [...entries].sort();
}

/** Reads the graph of all entries with `deno info`. */
export async function loadImportGraph(): Promise<ImportGraph> {
  const entries = await findEntries();
  const edges = new Map<string, string[]>();
  const foreign = new Map<string, string[]>();
  for (const entry of entries) {
    for (const module of await info(entry)) {
      const path = relative(module.specifier);
      if (path === undefined || edges.has(path)) continue;
      if (module.error !== undefined) throw new Error(`Cannot read ${path}: ${module.error}`);
      const targets = (module.dependencies ?? []).flatMap((
        { code, type },
      ) => [code?.specifier, type?.specifier]);
      const own = new Set<string>();
      const other = new Set<string>();
      for (const target of targets) {
        if (target === undefined) continue;
        const inside = relative(target);
        if (inside === undefined) other.add(target);
        else own.add(inside);
      }
      edges.set(path, [...own]);
      foreign.set(path, [...other]);
    }
  }
  return { entries, edges, foreign };
}

/** Folder of `src` that a file belongs to: `space` for src/space/grid.ts, `app` for src/app.ts, undefined outside. */
export function folderOf(path: string): string | undefined {
  return /^src\/([^/]+?)(?:\.ts$|\/)/.exec(path)?.[1];
}

/** The first cycle found, as a path that ends where it begins; undefined if there is none. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];

  function visit(node: string): readonly string[] | undefined {
    if (done.has(node)) return undefined;
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  }

  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

async function info(entry: string): Promise<readonly InfoModule[]> {
  const { success, stdout, stderr } = await new Deno.Command(await commandPath("deno"), {
    args: ["info", "--json", "--frozen", entry],
    cwd: PROJECT,
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`deno info ${entry} failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function relative(specifier: string): string | undefined {
  return specifier.startsWith(PROJECT.href) && !specifier.includes("/node_modules/")
    ? specifier.slice(PROJECT.href.length)
    : undefined;
}
