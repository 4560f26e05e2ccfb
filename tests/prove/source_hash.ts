const ROOT = new URL("../../", import.meta.url);

/** A hash over all sources, shaders, tests and packages: what was proved holds for exactly these. */
export async function sourceHash(): Promise<string> {
  const paths = ["deno.json", "deno.lock"];
  for (const folder of ["src", "shaders", "tests"]) await collect(folder, paths);
  const parts: string[] = [];
  for (const path of paths.sort()) parts.push(path, await Deno.readTextFile(new URL(path, ROOT)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\0")));
  return new Uint8Array(digest).toHex().slice(0, 12);
}

async function collect(folder: string, paths: string[]): Promise<void> {
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) await collect(path, paths);
    else if (/\.(ts|mjs|py|wgsl|json|css|html)$/.test(entry.name)) paths.push(path);
  }
}
