import type { Clock } from "../../observe/mod.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import type { CliIo } from "../io.ts";
import { type Fetch, ServerClient, ServerError } from "../server_client.ts";
import { UsageError } from "../usage_error.ts";
import { type LoadOptions, readLoadOptions } from "./load_arguments.ts";
import { formatLoadReport } from "./load_report.ts";
import { LoadRun } from "./load_run.ts";
import { createWorkload } from "./workloads.ts";

/** What `load` works with. */
export interface LoadDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Time that clients have in the end to be sent what they lack; 10 s unless told. */
  readonly restTimeoutMs?: number;
  /** Aborted when the load is to end early; what was measured until then is reported. */
  readonly signal?: AbortSignal;
}

/**
 * Loads a running server with clients, checks all that they get, and reports. Answers the exit code: OK when every check has
 * passed, FAILED otherwise, USAGE for a bad command line.
 */
export async function runLoad(options: LoadOptions, io: CliIo, deps: LoadDeps): Promise<ExitCode> {
  try {
    const given = readLoadOptions(options);
    const credential = given.key ?? given.token;
    const server = new ServerClient({
      server: given.server,
      world: given.world,
      fetch: deps.fetch,
      ...(credential === undefined ? {} : { key: credential }),
    });
    const report = await new LoadRun({
      given,
      server,
      ...deps,
      tell: (text) => io.error(`${text}\n`),
      createWorkload: (context) => createWorkload(given.workload, context),
    }).run();
    const json = `${JSON.stringify(report, null, 2)}\n`;
    io.out(given.json === "-" ? json : formatLoadReport(report));
    if (given.json !== undefined && given.json !== "-") await Deno.writeTextFile(given.json, json);
    return report.ok ? EXIT_CODE.OK : EXIT_CODE.FAILED;
  } catch (error) {
    if (error instanceof UsageError) {
      io.error(`${error.message}\n`);
      return EXIT_CODE.USAGE;
    }
    if (!(error instanceof ServerError)) throw error;
    io.error(`${error.message}\n`);
    return EXIT_CODE.FAILED;
  }
}
