import type { Command } from "commander";
import { systemClock, systemRandom } from "../observe/mod.ts";
import { checkFile } from "./check_file.ts";
import type { CommandContext } from "./command_context.ts";
import { addConfigOptions, readConfigArguments } from "./config_options.ts";
import { unusedKeysHint } from "./default_keys_file.ts";
import { networkAddresses } from "./describe_reach.ts";
import { loadSettings } from "./load_settings.ts";
import { ReloadSignal } from "./reload_signal.ts";
import { StopSignals } from "./stop_signals.ts";

/** Adds `serve [FILE...]`. */
export function addServeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("serve")
    .description("run a server; with FILEs, import them into its world, else show the demo scene")
    .argument("[file...]", "model files (.vox, .ply, gzip allowed)")
    .option("--no-demo", "start with an empty world if there are no files");
  addConfigOptions(command).action(async () => {
    const { operands, ...given } = readConfigArguments(command);
    const { config } = await loadSettings(given);
    // Loaded only now: the other commands need none of it, and its packages take time to load.
    const [{ createApp }, { serve }] = await Promise.all([import("../app.ts"), import("./serve.ts")]);
    using stop = new StopSignals(context.signals, systemClock);
    const { demo } = command.opts<{ demo: boolean }>();
    const deps = {
      io: context.io,
      clock: systemClock,
      random: systemRandom,
      stop: stop.signal,
      onReload: (onReload: () => void) =>
        new ReloadSignal({ source: context.signals, onReload, isInTerminal: Deno.stdin.isTerminal() }),
      checkFile,
      keysHint: () => unusedKeysHint(config),
      networkAddresses,
      createApp,
    };
    context.exitCode = await serve({ config, files: operands, demo }, deps);
  });
}
