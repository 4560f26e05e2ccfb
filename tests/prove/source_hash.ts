const ROOT = new URL("../../", import.meta.url);
const FOLDERS = ["src", "shaders", "tests"];
/** Read by every part, whatever it imports. */
const ALWAYS = ["deno.json", "deno.lock"];
/** What a module that reaches for files beside its imports has in it: Workers, processes, data. */
const REACHES_OUT = /new URL\(|\bDeno\.(?:Command|read|open)|fromFileUrl\(/;

/** Hashes of the sources that parts of the proof depend on: what was proved holds for exactly these. */
export class SourceHashes {
  readonly #texts = new Map<string, Promise<string>>();
  #whole: Promise<string> | undefined;

  /** A hash over all sources, shaders, tests and packages. */
  whole(): Promise<string> {
    return this.#whole ??= this.#hashAll();
  }

  /**
   * A hash over a test file and all that it imports; that of everything if one of these modules opens files of its own,
   * starts Workers or processes, as nobody can tell from outside what they depend on.
   *
   * @throws Error if the file's imports cannot be read
   */
  async ofTest(file: string): Promise<string> {
    const paths = await importsOf(file);
    const texts = await Promise.all(paths.map((path) => this.#read(path)));
    if (texts.some((text) => REACHES_OUT.test(text))) return await this.whole();
    return await this.#hash([...ALWAYS, ...paths]);
  }

  async #hashAll(): Promise<string> {
    const paths = [...ALWAYS];
    for (const folder of FOLDERS) await collect(folder, paths);
    return await this.#hash(paths);
  }

  async #hash(paths: readonly string[]): Promise<string> {
    const parts: string[] = [];
    for (const path of paths.toSorted()) parts.push(path, await this.#read(path));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\0")));
    return new Uint8Array(digest).toHex().slice(0, 12);
  }

  #read(path: string): Promise<string> {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const text = Deno.readTextFile(new URL(path, ROOT));
    this.#texts.set(path, text);
    return text;
  }
}

async function collect(folder: string, paths: string[]): Promise<void> {
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) await collect(path, paths);
    else if (/\.(ts|mjs|py|wgsl|json|css|html)$/.test(entry.name)) paths.push(path);
  }
}

/** The project's own files among a module and its imports, types included. */
async function importsOf(file: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--frozen", file],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(`deno info ${file} failed: ${new TextDecoder().decode(stderr)}`);
  const modules: readonly { readonly specifier: string }[] =
    JSON.parse(new TextDecoder().decode(stdout)).modules;
  return modules
    .map(({ specifier }) => specifier)
    .filter((specifier) => specifier.startsWith(ROOT.href) && !specifier.includes("/node_modules/"))
    .map((specifier) => specifier.slice(ROOT.href.length));
}
