/** Throws the runtime's error, or one of its own, if there is no file at the path that can be read. Reads nothing of it. */
export async function checkFile(path: string): Promise<void> {
  // Asked first: opening a pipe would wait for somebody to write into it.
  const { isFile } = await Deno.stat(path);
  if (!isFile) throw new Error("it is no file");
  using _file = await Deno.open(path);
}
