import { defaultConfig } from "../config/mod.ts";
import { type Clock, systemClock } from "../observe/mod.ts";
import type { Grid } from "../space/mod.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { type ImportArguments, type ImportOptions, readImportOptions } from "./import_arguments.ts";
import { formatImportReport } from "./import_report.ts";
import type { CliIo } from "./io.ts";
import { fileName } from "./file_name.ts";
import { ProgressBar } from "./progress_bar.ts";
import { describeEmpty, readModel } from "./read_model.ts";
import { type Fetch, ServerClient, ServerError } from "./server_client.ts";
import { uploadPatches } from "./upload.ts";
import { UsageError } from "./usage_error.ts";

export interface ImportDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Aborted when the command is to stop. */
  readonly signal?: AbortSignal;
}

const PROCESS_DEPS: ImportDeps = { fetch, clock: systemClock };

/**
 * Imports files into a world of a running server, one after the other: each is read in a Worker here and uploaded as
 * patches. Answers the exit code: OK when every file is in the world, FAILED otherwise, USAGE for a bad command line.
 * A file that cannot be read leaves the world alone and does not keep the next ones from being imported; a world that
 * was made for files of which none got into it is deleted again.
 */
export async function runImport(
  options: ImportOptions,
  io: CliIo,
  deps: ImportDeps = PROCESS_DEPS,
): Promise<ExitCode> {
  try {
    const given = readImportOptions(options);
    return await importAll(given, io, deps);
  } catch (error) {
    if (error instanceof UsageError) {
      io.error(`${error.message}\n`);
      return EXIT_CODE.USAGE;
    }
    if (deps.signal?.aborted) io.error("Stopped; what was sent until now is in the world\n");
    else if (error instanceof ServerError) io.error(`${error.message}\n`);
    else throw error;
    return EXIT_CODE.FAILED;
  }
}

/** One command's state while its files go by. */
interface Session {
  readonly given: ImportArguments;
  readonly io: CliIo;
  readonly deps: ImportDeps;
  readonly client: ServerClient;
  /** Set once the world is known to be there. */
  grid: Grid | undefined;
  mustClear: boolean;
  /** Whether this command made the world. */
  madeWorld: boolean;
  /** Whether the world holds, or may hold, something of this command. */
  hasUploaded: boolean;
}

async function importAll(given: ImportArguments, io: CliIo, deps: ImportDeps): Promise<ExitCode> {
  const client = new ServerClient({ ...given, ...deps });
  const session: Session = {
    given,
    io,
    deps,
    client,
    grid: undefined,
    mustClear: given.replace,
    madeWorld: false,
    hasUploaded: false,
  };
  let imported = 0;
  try {
    for (const file of given.files) {
      if (await importOne(session, file)) imported++;
    }
  } finally {
    if (session.madeWorld && !session.hasUploaded) await removeWorld(session);
  }
  if (imported > 0) io.out(`View it at ${client.viewerUrl}\n`);
  return imported === given.files.length ? EXIT_CODE.OK : EXIT_CODE.FAILED;
}

/** Deletes the world that was made in vain, also after a stop. Best effort: why the import failed is told already. */
async function removeWorld({ given, deps }: Session): Promise<void> {
  try {
    await new ServerClient({ ...given, fetch: deps.fetch }).deleteEmptyWorld();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
  }
}

/**
 * Makes the world if need be, once, and not before a file could be opened. It is needed before the file is understood,
 * as the model is placed by the world's grid.
 */
async function findGrid(session: Session): Promise<Grid> {
  if (session.grid === undefined) {
    const { client, given, io } = session;
    session.madeWorld = await client.ensureWorld(given.kind);
    const { grid, kind } = await client.world();
    if (given.kind !== undefined && kind !== given.kind) {
      io.error(
        `World ${given.world} is there already, and of kind ${kind}: --kind ${given.kind} changes nothing\n`,
      );
    }
    session.grid = grid;
  }
  return session.grid;
}

/** Answers whether the file is in the world. Throws ServerError: with no server the other files fare no better. */
async function importOne(session: Session, file: string): Promise<boolean> {
  const { io, deps, client, given } = session;
  const startMs = deps.clock.monotonic();
  const result = await readModel(file, {
    io,
    ...deps,
    limits: defaultConfig().import,
    grid: () => findGrid(session),
    placing: given.placing,
  });
  if (result === undefined) return false;
  const { summary, patches } = result;
  if (summary.voxels === 0) {
    io.error(`${describeEmpty(file, summary.dropped)}\n`);
    return false;
  }
  if (session.mustClear) {
    await client.clearVoxels();
    session.mustClear = false;
  }
  const bar = new ProgressBar({
    io,
    clock: deps.clock,
    label: `${fileName(file)}: uploading`,
    unit: "voxels",
  });
  try {
    const uploaded = await uploadPatches(patches, {
      client,
      ...deps,
      onProgress: (done) => {
        session.hasUploaded = true;
        bar.update(done, summary.voxels);
      },
    });
    bar.finish();
    const elapsedMs = deps.clock.monotonic() - startMs;
    io.out(formatImportReport({ file, world: given.world, summary, uploaded, elapsedMs }));
    return true;
  } catch (error) {
    bar.finish();
    // Only an answer that refuses proves that the patch did not arrive.
    if (!(error instanceof ServerError) || error.isUnreachable) session.hasUploaded = true;
    if (error instanceof ServerError) {
      io.error(`${file}: only a part was uploaded; import it again to complete it, nothing is doubled\n`);
    }
    throw error;
  }
}
