import type { Command } from "commander";
import { processEnvironment } from "../config/mod.ts";
import { systemClock } from "../observe/mod.ts";
import type { CommandContext } from "./command_context.ts";
import { DEFAULT_SERVER, DEFAULT_WORLD, type ImportOptions, KEY_VARIABLE } from "./import_arguments.ts";
import type { InspectOptions } from "./inspect.ts";
import { StopSignals } from "./stop_signals.ts";

/** Adds `import FILE...`. */
export function addImportCommand(program: Command, context: CommandContext): void {
  program
    .command("import")
    .description("read model files and upload their voxels into a world of a running server")
    .argument("<file...>", "model files (.vox, .ply, gzip allowed)")
    .option("--world <name>", "world to import into; made if there is none", DEFAULT_WORLD)
    .option(
      "--kind <kind>",
      "tree of a world that is made, esvo (cubes) or esvt (tetrahedra) (default: the server's)",
    )
    .option(
      "--resolution <n>",
      "cells along the model's longest axis (default: a voxel is a cell; points fill 256)",
    )
    .option("--at <x,y,z>", "cell of the model's lowest corner (default: the middle of the floor)")
    .option("--up <axis>", "axis that points up in the file, y or z (default: z for .vox, y for .ply)")
    .option("--replace", "remove the world's voxels first")
    .option("--server <url>", "address of the server", DEFAULT_SERVER)
    .option("--key <key>", `the server's API key (default: the environment's ${KEY_VARIABLE})`)
    .action(async (files: string[], given: Omit<ImportOptions, "files">) => {
      const { runImport } = await import("./import.ts");
      using stop = new StopSignals(context.signals, systemClock);
      const key = given.key ?? processEnvironment().get(KEY_VARIABLE);
      const deps = { fetch, clock: systemClock, signal: stop.signal };
      context.exitCode = await runImport({ ...given, files, key }, context.io, deps);
    });
}

/** Adds `inspect FILE`. */
export function addInspectCommand(program: Command, context: CommandContext): void {
  program
    .command("inspect")
    .description("say what is in a model file, as an import would see it; needs no server")
    .argument("<file>", "model file (.vox, .ply, gzip allowed)")
    .option(
      "--trees",
      "build its regions as octrees and as tetrees, in a world as the settings make it, and say what they cost",
    )
    .option(
      "--config <file>",
      "with --trees: read settings from this file (default: voxcast.json, if it exists)",
    )
    .option("--json", "print JSON")
    .action(async (file: string, given: Omit<InspectOptions, "file">) => {
      const { runInspect } = await import("./inspect.ts");
      context.exitCode = await runInspect({ file, ...given }, context.io);
    });
}
