/** A file that cannot be opened; the message says why and what to do. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** Reads a model file whole, unless it has more than `maxBytes`. Throws FileError. */
export async function readModelFile(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new FileError(`Cannot read ${path}: it is no file`);
    if (size > maxBytes) {
      throw new FileError(`Cannot read ${path}: it has ${size} bytes, at most ${maxBytes} are taken`);
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`Cannot read ${path}: ${reason(error, path)}`, { cause: error });
  }
}

function reason(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.NotCapable) {
    return `the permission does not cover it; run with --allow-read=${path}`;
  }
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not allow it";
  return error instanceof Error ? error.message : String(error);
}
