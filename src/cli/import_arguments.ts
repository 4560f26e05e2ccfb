import type { UpAxis } from "../sources/mod.ts";
import type { Vec3 } from "../space/mod.ts";
import { TREE_KINDS, type TreeKind } from "../tree/mod.ts";
import { isWorldId } from "../world/mod.ts";
import { UsageError } from "./usage_error.ts";

/** `import`, as it stands on the command line. */
export interface ImportOptions {
  /** Files in the order in which they are imported. */
  readonly files: readonly string[];
  /** Id of the world; made if there is none. Default `main`. */
  readonly world?: string | undefined;
  /** Kind of tree of a world that is made, `esvo` or `esvt`. By default the server's. */
  readonly kind?: string | undefined;
  /** Cells along the longest axis. By default a voxel is a cell, or points fill 256. */
  readonly resolution?: string | number | undefined;
  /** Address of the server. Default `http://127.0.0.1:7090`. */
  readonly server?: string | undefined;
  /** The server's API key, if it has one. */
  readonly key?: string | undefined;
  /** Cell of the lowest corner, `x,y,z`. By default the middle of the floor. */
  readonly at?: string | undefined;
  /** The axis that points up in the file, `y` or `z`. */
  readonly up?: string | undefined;
  /** Whether the world's voxels are removed first. */
  readonly replace?: boolean | undefined;
}

/** The same, understood. */
export interface ImportArguments {
  readonly files: readonly string[];
  readonly world: string;
  readonly kind?: TreeKind;
  readonly server: URL;
  readonly key?: string;
  readonly replace: boolean;
  readonly placing: { readonly resolution?: number; readonly at?: Vec3; readonly up?: UpAxis };
}

export const DEFAULT_SERVER = "http://127.0.0.1:7090";
export const DEFAULT_WORLD = "main";
/** Where the key of a server is looked for. */
export const KEY_VARIABLE = "VOXCAST_SECURITY_API_KEY";

/** Throws UsageError with the option, the value and what it should be. */
export function readImportOptions(options: ImportOptions): ImportArguments {
  if (options.files.length === 0) throw new UsageError("import needs at least one file");
  const world = options.world ?? DEFAULT_WORLD;
  if (!isWorldId(world)) {
    throw new UsageError(
      `--world must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, got "${world}"`,
    );
  }
  const { kind, resolution, at, up, key } = options;
  return {
    files: options.files,
    world,
    server: readServer(options.server ?? DEFAULT_SERVER),
    replace: options.replace ?? false,
    ...(kind === undefined ? {} : { kind: readKind(kind) }),
    ...(key === undefined || key === "" ? {} : { key }),
    placing: {
      ...(resolution === undefined ? {} : { resolution: readResolution(resolution) }),
      ...(at === undefined ? {} : { at: readCell(at) }),
      ...(up === undefined ? {} : { up: readUp(up) }),
    },
  };
}

/** @throws {UsageError} */
export function readServer(text: string): URL {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new UsageError(
      `--server must be an http or https address such as ${DEFAULT_SERVER}, got "${text}"`,
    );
  }
  return url;
}

/** @throws {UsageError} */
export function readKind(text: string): TreeKind {
  const kind = TREE_KINDS.find((name) => name === text);
  if (kind === undefined) throw new UsageError(`--kind must be ${TREE_KINDS.join(" or ")}, got "${text}"`);
  return kind;
}

/** @throws {UsageError} */
export function readResolution(value: string | number): number {
  const resolution = typeof value === "number" ? value : /^\d{1,7}$/.test(value) ? Number(value) : NaN;
  if (!Number.isInteger(resolution) || resolution < 1) {
    throw new UsageError(`--resolution must be a whole number of cells from 1, got "${value}"`);
  }
  return resolution;
}

function readCell(text: string): Vec3 {
  const cell = text.split(",").map((part) => /^\s*-?\d{1,9}\s*$/.test(part) ? Number(part) : NaN);
  const [x, y, z] = cell;
  if (cell.length !== 3 || !cell.every(Number.isInteger)) {
    throw new UsageError(`--at must be three whole cell numbers x,y,z, got "${text}"`);
  }
  return [x!, y!, z!];
}

/** @throws {UsageError} */
export function readUp(text: string): UpAxis {
  if (text !== "y" && text !== "z") throw new UsageError(`--up must be y or z, got "${text}"`);
  return text;
}
