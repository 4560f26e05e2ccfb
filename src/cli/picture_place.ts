import { dirname } from "node:path";

/** Somewhere to put a picture: a file, or standard output, whose path is `-`. Both functions throw the runtime's errors. */
export interface PicturePlace {
  /** Throws what is known to keep a picture from being written, before any work is done for it. Changes nothing. */
  check(path: string): Promise<void>;
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** Files, and standard output, of this process. */
export const processPlace: PicturePlace = {
  async check(path) {
    if (path === "-") return;
    const { state } = await Deno.permissions.query({ name: "write", path });
    if (state !== "granted") throw new Deno.errors.NotCapable(`No permission to write ${path}`);
    const info = await statIfThere(path);
    if (info?.isDirectory) throw new Deno.errors.IsADirectory(`${path} is a folder`);
    // A pipe is left alone: who reads from it would take this for its end.
    if (info?.isFile) (await Deno.open(path, { write: true })).close();
    if (info === undefined) await Deno.stat(dirname(path));
  },
  async write(path, bytes) {
    if (path !== "-") return await Deno.writeFile(path, bytes);
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
  },
};

async function statIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
