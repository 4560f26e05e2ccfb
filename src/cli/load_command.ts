import type { Command } from "commander";
import { processEnvironment } from "../config/mod.ts";
import { systemClock } from "../observe/mod.ts";
import type { CommandContext } from "./command_context.ts";
import { DEFAULT_SERVER, DEFAULT_WORLD, KEY_VARIABLE } from "./import_arguments.ts";
import type { LoadOptions } from "./load/load_arguments.ts";
import { StopSignals } from "./stop_signals.ts";

/** Adds `load`. */
export function addLoadCommand(program: Command, context: CommandContext): void {
  program
    .command("load")
    .description(
      "put a running server under load with many clients, check all that they get, and say how it fared; what it " +
        "changes in the world it takes back",
    )
    .option("--workload <name>", "regions: moving cameras; mixed: also subscribers and heartbeats", "regions")
    .option("--preset <name>", "small: 100 clients, 10 a second, 2 minutes; large: 500, 50, 5 minutes")
    .option("--clients <n>", "how many (default: 100)")
    .option("--ramp <n>", "clients opened a second (default: 50)")
    .option("--seconds <time>", "time of the full load, such as 30 or 5m (default: 30)")
    .option("--path <name>", "way of the cameras: orbit, walk or still", "orbit")
    .option("--rate <n>", "viewports that each client sends a second", "10")
    .option("--edits <n>", "regions that are changed a second; needs a credential that may edit", "10")
    .option("--features <names>", "all, none, or some of bundles,parts,refinements,deltas,flow", "all")
    .option("--verify <n>", "clients that decode all they get and compare it in the end", "2")
    .option("--json <file>", "write the report as JSON, too; - prints it in place of the table")
    .option("--world <name>", "world to look at", DEFAULT_WORLD)
    .option("--server <url>", `address of the server (default: ${DEFAULT_SERVER})`)
    .option("--url <url>", "the same, also as ws:// or wss://")
    .option("--key <key>", `the server's API key (default: the environment's ${KEY_VARIABLE})`)
    .option("--token <token>", "an access token in place of a key")
    .option("--ticket", "open each socket with a ticket of its own")
    .action(async (given: LoadOptions) => {
      const { runLoad } = await import("./load/load.ts");
      using stop = new StopSignals(context.signals, systemClock);
      const key = given.key ??
        (given.token === undefined ? processEnvironment().get(KEY_VARIABLE) : undefined);
      const deps = { fetch, clock: systemClock, signal: stop.signal };
      context.exitCode = await runLoad({ ...given, key }, context.io, deps);
    });
}
