import { type Config, ConfigError, configSecrets, isDevelopment } from "../config/mod.ts";
import { GpuError } from "../gpu/mod.ts";
import { TracerStartError } from "../snapshot/mod.ts";
import { FileError } from "../sources/mod.ts";
import { type Clock, createLogger, type Logger, type Random } from "../observe/mod.ts";
import { describeAccess } from "./describe_access.ts";
import { describeReach } from "./describe_reach.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import type { CliIo } from "./io.ts";

/** What `serve` needs of a server. */
export interface ServedApp extends AsyncDisposable {
  /** What really builds, in words; asked after `start`. */
  readonly builderText: string;
  /** Looks now whether the files of keys have changed. */
  reloadKeys(): Promise<void>;
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Imports a model file into the default world; answers what it made. */
  importFile(
    path: string,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly voxels: number; readonly regions: number }>;
  /** Fills the default world with the demo scene. */
  startDemo(options: { readonly signal: AbortSignal }): Promise<void>;
}

export interface ServeOptions {
  readonly config: Config;
  /** Model files to import into the default world. */
  readonly files: readonly string[];
  /** Whether to show the demo scene if there are no files. */
  readonly demo: boolean;
}

export interface ServeDeps {
  readonly io: CliIo;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the server is to stop. */
  readonly stop: AbortSignal;
  /** Calls back whenever the server is told to look at its files of keys, until that is disposed. */
  readonly onReload: (listener: () => void) => Disposable;
  /** Throws if the file cannot be read. */
  readonly checkFile: (path: string) => Promise<void>;
  /** A line on keys that the server does not take, if there are any. */
  readonly keysHint: () => Promise<string | undefined>;
  /** The machine's addresses in its networks; undefined if they may not be looked at. */
  readonly networkAddresses: () => readonly string[] | undefined;
  /** Throws ConfigError if a file of keys cannot be used. */
  readonly createApp: (
    options: {
      readonly config: Config;
      readonly clock: Clock;
      readonly random: Random;
      readonly logger: Logger;
    },
  ) => Promise<ServedApp>;
}

/**
 * Runs a server until it is told to stop, then drains it. Answers the exit code: OK after a stop, FAILED if a file cannot
 * be read, which is found out before anything listens, or be imported, if the GPU that was asked for cannot be had, or if
 * the server cannot listen; USAGE if a file that the configuration names cannot be used.
 */
export async function serve(options: ServeOptions, deps: ServeDeps): Promise<ExitCode> {
  const { config } = options;
  const { io, stop, clock, random } = deps;
  const secrets = configSecrets(config);
  const write = (line: string): void => io.error(`${line}\n`);
  const logger = createLogger({ level: config.log.level, format: config.log.format, write, clock, secrets });

  if (!await areReadable(options.files, deps)) return EXIT_CODE.FAILED;
  await using app = await deps.createApp({ config, clock, random, logger });
  let url: string;
  let port: number;
  try {
    ({ url, port } = await app.start());
  } catch (error) {
    io.error(`${startProblem(error, config)}\n`);
    return error instanceof ConfigError ? EXIT_CODE.USAGE : EXIT_CODE.FAILED;
  }
  using _reload = deps.onReload(() => void app.reloadKeys());
  const reach = describeReach({ host: config.host, url, port }, deps.networkAddresses);
  io.out(banner(url, reach, app.builderText, config));
  const hint = await deps.keysHint();
  if (hint !== undefined) io.error(`${hint}\n`);
  if (!await fill(app, options, deps)) return EXIT_CODE.FAILED;
  await aborted(stop);
  io.out("Stopping; press Ctrl-C again to stop at once\n");
  return EXIT_CODE.OK;
}

/** Whether all files can be read; says which cannot and why. */
async function areReadable(files: readonly string[], { io, checkFile }: ServeDeps): Promise<boolean> {
  let areAll = true;
  for (const path of files) {
    try {
      await checkFile(path);
    } catch (error) {
      io.error(`Cannot read ${path}: ${fileProblem(error)}\n`);
      areAll = false;
    }
  }
  return areAll;
}

/** Imports the files, or starts the demo. Answers whether the server can go on. */
async function fill(app: ServedApp, options: ServeOptions, deps: ServeDeps): Promise<boolean> {
  const { io, stop } = deps;
  let subject = "demo scene";
  try {
    for (const path of options.files) {
      subject = path;
      const { voxels, regions } = await app.importFile(path, { signal: stop });
      io.out(`Imported ${path}: ${count(voxels)} voxels in ${count(regions)} regions\n`);
    }
    if (options.files.length > 0 || !options.demo || stop.aborted) return true;
    await app.startDemo({ signal: stop });
    io.out("The demo scene is live: a tree of coloured voxels and a flock around it\n");
    return true;
  } catch (error) {
    if (stop.aborted) return true;
    // A FileError without a cause names the file itself.
    const isWhole = error instanceof FileError && error.cause === undefined;
    io.error(`${isWhole ? error.message : `${subject}: ${fileProblem(error)}`}\n`);
    return false;
  }
}

function fileProblem(given: unknown): string {
  const error = given instanceof FileError ? given.cause : given;
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.NotCapable) {
    return "the server may read files of the project's folder only; " +
      "start it without the file and use: deno task voxcast import FILE";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not allow it";
  return error instanceof Error ? error.message : String(error);
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function banner(url: string, reach: readonly string[], builderText: string, config: Config): string {
  const isDefault = config.port === 7090 && url.startsWith("http:");
  const key = isDevelopment(config) ? "" : " --key KEY";
  const server = `${isDefault ? "" : ` --server ${url}`}${key}`;
  return [
    `Voxcast is listening at ${url} (world "${config.defaultWorld}")`,
    ...reach,
    `Regions are built by ${builderText}`,
    describeAccess(config),
    `Open it in a browser. To import your own model (.vox, .ply): deno task voxcast import FILE${server}`,
    `(without Deno: npx --yes deno@2.9.6 task voxcast import FILE${server})`,
    "Ctrl-C stops the server.",
    "",
  ].join("\n");
}

function startProblem(error: unknown, config: Config): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof TracerStartError) return tracerProblem(error, config);
  return error instanceof GpuError ? gpuProblem(error, config) : listenProblem(error, config);
}

/** Why there is no GPU, and what to do about it. */
function gpuProblem({ message }: GpuError, { build }: Pick<Config, "build">): string {
  return `Cannot build on the GPU (build.backend is ${JSON.stringify(build.backend)}): ${message}. ` +
    "Choose another with --build-backend: gpu takes any adapter, auto the CPU where there is no hardware GPU";
}

/** Why what is to trace pictures cannot be had, and what to do about it. */
function tracerProblem({ message }: TracerStartError, { trace }: Pick<Config, "trace">): string {
  return `Cannot trace pictures (trace.backend is ${JSON.stringify(trace.backend)}): ${message}. ` +
    "Choose another with --trace-backend: gpu takes any adapter, auto the CPU where there is no hardware GPU";
}

/** Why the server cannot listen, and what to do about it. */
export function listenProblem(error: unknown, { host, port }: Pick<Config, "host" | "port">): string {
  const where = `Cannot listen on ${host}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    const next = port < 65535 ? port + 1 : port - 1;
    return `${where}: another program has this port. Stop it, or choose another port with --port ${next} (0 takes any free one)`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `${where}: this machine has no such address. Choose one of its own with --host, e.g. --host 127.0.0.1`;
  }
  if (error instanceof Deno.errors.NotCapable) {
    return `${where}: the permission does not cover it. Run with --allow-net=${host}`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `${where}: the system does not allow it. Ports below 1024 need privileges; choose another with --port 7090`;
  }
  return `${where}: ${error instanceof Error ? error.message : String(error)}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
