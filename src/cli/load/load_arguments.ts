import { type Feature, FEATURES } from "../../protocol/mod.ts";
import { isWorldId } from "../../world/mod.ts";
import { readDurationSec } from "../duration.ts";
import { DEFAULT_SERVER, DEFAULT_WORLD } from "../import_arguments.ts";
import { UsageError } from "../usage_error.ts";
import { CAMERA_PATHS, type CameraPath } from "./camera_path.ts";

/** What there is to do for the clients of a load. */
export const WORKLOADS = ["regions", "mixed"] as const;
export type WorkloadName = typeof WORKLOADS[number];

/** `load`, as it stands on the command line. */
export interface LoadOptions {
  readonly workload?: string | undefined;
  readonly preset?: string | undefined;
  readonly clients?: string | undefined;
  readonly ramp?: string | undefined;
  readonly seconds?: string | undefined;
  readonly path?: string | undefined;
  readonly rate?: string | undefined;
  readonly edits?: string | undefined;
  readonly features?: string | undefined;
  readonly verify?: string | undefined;
  readonly json?: string | undefined;
  readonly server?: string | undefined;
  readonly url?: string | undefined;
  readonly world?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
  readonly ticket?: boolean | undefined;
}

/** The same, understood. */
export interface LoadArguments {
  readonly workload: WorkloadName;
  readonly clients: number;
  /** Clients opened a second. */
  readonly ramp: number;
  /** Time of the load once all clients are there. */
  readonly seconds: number;
  readonly path: CameraPath;
  /** Viewports that each client sends a second. */
  readonly rate: number;
  /** Regions that the tool changes a second. */
  readonly edits: number;
  readonly features: readonly Feature[];
  /** Clients that decode all they get. */
  readonly verify: number;
  /** File for the report; `-` is standard output in place of the table. */
  readonly json?: string;
  readonly server: URL;
  readonly world: string;
  readonly key?: string;
  readonly token?: string;
  /** Whether each socket is opened with a ticket of its own. */
  readonly ticket: boolean;
}

/** Loads that have a name: clients, clients a second, seconds. */
export const LOAD_PRESETS: Readonly<
  Record<string, readonly [clients: number, ramp: number, seconds: number]>
> = {
  small: [100, 10, 120],
  large: [500, 50, 300],
};

/** @throws {UsageError} with the option, the value and what it should be */
export function readLoadOptions(options: LoadOptions): LoadArguments {
  const { workload = "regions", preset, path = "orbit", features = "all", json, key, token } = options;
  const [clients, ramp, seconds] = preset === undefined ? [100, 50, 30] : readPreset(preset);
  const world = options.world ?? DEFAULT_WORLD;
  if (!isWorldId(world)) {
    throw new UsageError(
      `--world must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, got "${world}"`,
    );
  }
  if (given(key) && given(token)) throw new UsageError("--key and --token cannot both be given");
  if (options.url !== undefined && options.server !== undefined) {
    throw new UsageError("--url and --server cannot both be given");
  }
  return {
    workload: oneOf("--workload", workload, WORKLOADS),
    clients: number("--clients", options.clients, clients, 1, 100_000),
    ramp: number("--ramp", options.ramp, ramp, 1, 10_000),
    seconds: options.seconds === undefined ? seconds : readDurationSec(options.seconds, "--seconds"),
    path: oneOf("--path", path, CAMERA_PATHS),
    rate: number("--rate", options.rate, 10, 0, 1000),
    edits: number("--edits", options.edits, 10, 0, 10_000),
    features: readFeatures(features),
    verify: number("--verify", options.verify, 2, 0, 1000),
    server: readServer(options.url ?? options.server ?? DEFAULT_SERVER),
    world,
    ticket: options.ticket ?? false,
    ...(json === undefined ? {} : { json }),
    ...(given(key) ? { key } : {}),
    ...(given(token) ? { token } : {}),
  };
}

function given(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

function readPreset(name: string): readonly [number, number, number] {
  const preset = Object.hasOwn(LOAD_PRESETS, name) ? LOAD_PRESETS[name] : undefined;
  if (preset === undefined) {
    throw new UsageError(`--preset must be ${Object.keys(LOAD_PRESETS).join(" or ")}, got "${name}"`);
  }
  return preset;
}

function oneOf<T extends string>(option: string, text: string, names: readonly T[]): T {
  const name = names.find((known) => known === text);
  if (name === undefined) throw new UsageError(`${option} must be ${names.join(" or ")}, got "${text}"`);
  return name;
}

function number(option: string, text: string | undefined, usual: number, min: number, max: number): number {
  if (text === undefined) return usual;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`${option} must be a whole number from ${min} to ${max}, got "${text}"`);
  }
  return value;
}

function readFeatures(text: string): readonly Feature[] {
  if (text === "all") return FEATURES;
  if (text === "none") return [];
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !FEATURES.some((feature) => feature === name));
  if (unknown !== undefined) {
    throw new UsageError(`--features must be all, none, or some of ${FEATURES.join(",")}, got "${unknown}"`);
  }
  return FEATURES.filter((feature) => names.includes(feature));
}

function readServer(text: string): URL {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.parse(withScheme.replace(/^ws/i, "http"));
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new UsageError(`--url must be an address such as ws://127.0.0.1:7090, got "${text}"`);
  }
  return url;
}
