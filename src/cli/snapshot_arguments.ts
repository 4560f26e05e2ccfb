import { TREE_KINDS } from "../tree/mod.ts";
import { isWorldId } from "../world/mod.ts";
import {
  DEFAULT_SERVER,
  DEFAULT_WORLD,
  type ImportArguments,
  readKind,
  readResolution,
  readServer,
  readUp,
} from "./import_arguments.ts";
import { UsageError } from "./usage_error.ts";

/** `snapshot`, as it stands on the command line. */
export interface SnapshotOptions {
  /** A model file to picture without a server; without one it is a world of a server. */
  readonly file?: string | undefined;
  readonly out?: string | undefined;
  readonly world?: string | undefined;
  readonly server?: string | undefined;
  readonly key?: string | undefined;
  readonly eye?: string | undefined;
  readonly lookAt?: string | undefined;
  readonly fovY?: string | undefined;
  readonly width?: string | undefined;
  readonly height?: string | undefined;
  readonly kind?: string | undefined;
  readonly lod?: string | undefined;
  /** Of a file: cells along its longest side. */
  readonly resolution?: string | undefined;
  /** Of a file: the axis that points up in it. */
  readonly up?: string | undefined;
  /** Of a file: settings, in place of voxcast.json. */
  readonly config?: string | undefined;
}

/** The same, understood. */
export interface SnapshotArguments {
  /** Where the picture goes; `-` is standard output. */
  readonly out: string;
  /** The query of the picture. */
  readonly query: URLSearchParams;
  /** A model to picture, or the server that is asked. */
  readonly from:
    | {
      readonly file: string;
      readonly placing: ImportArguments["placing"];
      readonly config: string | undefined;
    }
    | { readonly server: URL; readonly world: string; readonly key?: string };
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** @throws {UsageError} with the option, the value and what it should be */
export function readSnapshotOptions(options: SnapshotOptions): SnapshotArguments {
  const { file, out } = options;
  if (out === undefined || out === "") {
    throw new UsageError("snapshot needs --out FILE.png; - writes the picture to standard output");
  }
  return {
    out,
    query: readQuery(options),
    from: file === undefined ? readSource(options) : readFileSource(file, options),
  };
}

function readQuery({ eye, lookAt, fovY, width, height, kind, lod }: SnapshotOptions): URLSearchParams {
  const query = new URLSearchParams();
  if ((eye === undefined) !== (lookAt === undefined)) {
    throw new UsageError(
      "--eye and --look-at belong together; without both the picture shows all that there is",
    );
  }
  if (eye !== undefined) query.set("eye", readPoint("--eye", eye));
  if (lookAt !== undefined) query.set("lookAt", readPoint("--look-at", lookAt));
  if (fovY !== undefined) {
    if (!NUMBER.test(fovY)) {
      throw new UsageError(`--fov-y must be a number of radians such as 0.9, got "${fovY}"`);
    }
    query.set("fovY", fovY);
  }
  if (width !== undefined) query.set("width", readWhole("--width", width, 1));
  if (height !== undefined) query.set("height", readWhole("--height", height, 1));
  if (kind !== undefined) query.set("kind", readKind(kind));
  if (lod !== undefined) query.set("lod", readWhole("--lod", lod, 0));
  return query;
}

function readSource(options: SnapshotOptions): Extract<SnapshotArguments["from"], { readonly server: URL }> {
  const { server = DEFAULT_SERVER, world = DEFAULT_WORLD, key, resolution, up, config } = options;
  for (const [name, value] of Object.entries({ resolution, up, config })) {
    if (value !== undefined) throw new UsageError(`--${name} is for a model file, and none is given`);
  }
  if (!isWorldId(world)) {
    throw new UsageError(
      `--world must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, got "${world}"`,
    );
  }
  return { server: readServer(server), world, ...(key === undefined || key === "" ? {} : { key }) };
}

function readFileSource(
  file: string,
  { server, world, resolution, up, config }: SnapshotOptions,
): Extract<SnapshotArguments["from"], { readonly file: string }> {
  for (const [name, value] of Object.entries({ server, world })) {
    if (value !== undefined) throw new UsageError(`--${name} is for a picture of a server, not of a file`);
  }
  return {
    file,
    config,
    placing: {
      ...(resolution === undefined ? {} : { resolution: readResolution(resolution) }),
      ...(up === undefined ? {} : { up: readUp(up) }),
    },
  };
}

function readPoint(option: string, text: string): string {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length === 3 && parts.every((part) => NUMBER.test(part))) return parts.join(",");
  throw new UsageError(`${option} must be three numbers x,y,z, got "${text}"`);
}

function readWhole(option: string, text: string, least: number): string {
  if (/^\d{1,6}$/.test(text) && Number(text) >= least) return text;
  throw new UsageError(`${option} must be a whole number from ${least}, got "${text}"`);
}

/** Words for the kinds of trees, for the help. */
export const KIND_WORDS = TREE_KINDS.join(" or ");
