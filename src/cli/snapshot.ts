import type { Clock } from "../observe/mod.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { fileName } from "./file_name.ts";
import type { CliIo } from "./io.ts";
import { loadOfflineSettings } from "./load_settings.ts";
import { openModel } from "./model_server.ts";
import { pause } from "./pause.ts";
import type { PicturePlace } from "./picture_place.ts";
import { formatCount, formatDuration } from "./quantities.ts";
import { type Fetch, ServerClient, ServerError } from "./server_client.ts";
import { readSnapshotOptions, type SnapshotArguments, type SnapshotOptions } from "./snapshot_arguments.ts";
import { UsageError } from "./usage_error.ts";

export interface SnapshotDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Aborted when the command is to stop. */
  readonly signal?: AbortSignal;
  /** Where the picture goes. */
  readonly place: PicturePlace;
}

/** How long a server may be busy in one go: regions may have to be built first. */
const BUSY_TIMEOUT_MS = 300_000;

/**
 * Makes a picture of a world of a running server, or of a model file without one, and writes it as PNG. Answers the exit code:
 * OK when it is written, USAGE for a bad command line, FAILED otherwise; nothing is written then.
 */
export async function runSnapshot(
  options: SnapshotOptions,
  io: CliIo,
  deps: SnapshotDeps,
): Promise<ExitCode> {
  try {
    const given = readSnapshotOptions(options);
    const startMs = deps.clock.monotonic();
    await placed(given.out, deps.place.check(given.out));
    const png = await pictureOf(given, io, deps);
    if (png === undefined) return EXIT_CODE.FAILED;
    await placed(given.out, deps.place.write(given.out, png));
    if (given.out !== "-") {
      const took = formatDuration(deps.clock.monotonic() - startMs);
      io.out(`Wrote ${given.out}: ${sizeOf(png)} pixels, ${formatCount(png.length)} bytes, in ${took}\n`);
    }
    return EXIT_CODE.OK;
  } catch (error) {
    if (error instanceof UsageError) {
      io.error(`${error.message}\n`);
      return EXIT_CODE.USAGE;
    }
    if (deps.signal?.aborted) io.error("Stopped; no picture was written\n");
    else io.error(`${errorMessage(error)}\n`);
    return EXIT_CODE.FAILED;
  }
}

/** The picture; undefined, with the reason told, for a file that has none. */
async function pictureOf(
  { from, query }: SnapshotArguments,
  io: CliIo,
  deps: SnapshotDeps,
): Promise<Uint8Array | undefined> {
  const watched = deps.signal === undefined ? {} : { signal: deps.signal };
  if ("server" in from) {
    return await whenFree(new ServerClient({ ...from, fetch: deps.fetch, ...watched }), query, io, deps);
  }
  const settings = await loadOfflineSettings(from.config);
  await using model = await openModel(from, settings, { io, clock: deps.clock, ...watched });
  if (model === undefined) return undefined;
  const server = new URL("http://localhost/");
  const client = new ServerClient({ server, world: model.world, fetch: model.fetch, ...watched });
  try {
    return await whenFree(client, query, io, deps);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    // There is no server that could refuse.
    throw new ServerError(`${fileName(from.file)}: ${error.detail}`, { cause: error });
  }
}

/** Asks until the server has the time; what is being built, it says, comes later. */
async function whenFree(
  client: ServerClient,
  query: URLSearchParams,
  io: CliIo,
  { clock, signal }: SnapshotDeps,
): Promise<Uint8Array> {
  const deadlineMs = clock.monotonic() + BUSY_TIMEOUT_MS;
  if (io.isTerminal) io.error("Tracing\n");
  for (let told = "";;) {
    try {
      return await client.picture(query);
    } catch (error) {
      const { retryAfterMs, detail } = error instanceof ServerError ? error : {};
      if (retryAfterMs === undefined || clock.monotonic() >= deadlineMs) throw error;
      if (detail !== told) io.error(`Waiting: ${detail}\n`);
      told = detail!;
      await pause(clock, retryAfterMs, signal);
    }
  }
}

/** Width and height of a PNG: the first two numbers of its first chunk. */
function sizeOf(png: Uint8Array): string {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return `${view.getUint32(16)} x ${view.getUint32(20)}`;
}

/** Says of what goes wrong with a place that it cannot be written, and what to do. */
async function placed(path: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new Error(`Cannot write ${path}: ${placeProblem(cause)}`, { cause });
  }
}

function placeProblem(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "this command may write into the project's folder only; --out - writes to standard output";
  }
  if (error instanceof Deno.errors.NotFound) return "there is no such folder";
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not allow it";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return errorMessage(error);
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
