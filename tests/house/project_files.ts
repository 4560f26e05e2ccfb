/** The project's own files: everything but what tools make (dependencies, bundles, data, version control). */

/** Folder of the project, as a URL that ends in a slash. */
export const PROJECT: URL = new URL("../../", import.meta.url);

const FOREIGN = new Set([".git", "node_modules", "dist", "data", "coverage"]);

/** Paths below `folder` relative to the project, with slashes, sorted. `folder` is "" or ends in a slash. */
export async function projectFiles(folder: string = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, PROJECT))) {
    if (FOREIGN.has(entry.name) || entry.isSymlink) continue;
    const path = folder + entry.name;
    if (entry.isDirectory) paths.push(...await projectFiles(`${path}/`));
    else paths.push(path);
  }
  return paths.sort();
}

/** Text of a project file. */
export function readProjectFile(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, PROJECT));
}

/** Source text without comments; text in quotes stays. Good enough for searches, not for compiling. */
export function withoutComments(source: string): string {
  return source.replace(
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (match) => match.startsWith("/") ? " " : match,
  );
}
