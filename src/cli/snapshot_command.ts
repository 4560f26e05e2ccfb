import type { Command } from "commander";
import { processEnvironment } from "../config/mod.ts";
import { systemClock } from "../observe/mod.ts";
import type { CommandContext } from "./command_context.ts";
import { DEFAULT_SERVER, DEFAULT_WORLD, KEY_VARIABLE } from "./import_arguments.ts";
import { processPlace } from "./picture_place.ts";
import { KIND_WORDS, type SnapshotOptions } from "./snapshot_arguments.ts";
import { StopSignals } from "./stop_signals.ts";

/** Adds `snapshot [FILE]`. */
export function addSnapshotCommand(program: Command, context: CommandContext): void {
  program
    .command("snapshot")
    .description(
      "make a picture (PNG) of a world of a running server, or of a model file without any server, by tracing rays",
    )
    .argument("[file]", "model file (.vox, .ply, gzip allowed); without one a server is asked")
    .option("--out <file>", "where the picture goes; - writes it to standard output (needed)")
    .option("--eye <x,y,z>", "where the camera is, in world units (default: all that there is fits in)")
    .option("--look-at <x,y,z>", "what it looks at; with --eye")
    .option("--fov-y <radians>", "its vertical opening (default: 0.873, which is 50 degrees)")
    .option("--width <px>", "width of the picture (default: 640, or 16:9 by the height)")
    .option("--height <px>", "its height (default: 16:9 by the width)")
    .option("--kind <kind>", `tree that is traced, ${KIND_WORDS}: cubes or tetrahedra (default: the world's)`)
    .option("--lod <n>", "level of detail of all of it, 0 the finest (default: as fine as can be seen)")
    .option("--world <name>", `world of the server (default: ${DEFAULT_WORLD})`)
    .option("--server <url>", `address of the server (default: ${DEFAULT_SERVER})`)
    .option("--key <key>", `the server's API key (default: the environment's ${KEY_VARIABLE})`)
    .option(
      "--resolution <n>",
      "of a file: cells along its longest axis (default: a voxel is a cell; points fill 256)",
    )
    .option("--up <axis>", "of a file: axis that points up in it, y or z (default: z for .vox, y for .ply)")
    .option(
      "--config <file>",
      "of a file: read settings from this file (default: voxcast.json, if it exists)",
    )
    .action(async (file: string | undefined, given: Omit<SnapshotOptions, "file">) => {
      const { runSnapshot } = await import("./snapshot.ts");
      using stop = new StopSignals(context.signals, systemClock);
      const key = given.key ?? processEnvironment().get(KEY_VARIABLE);
      const deps = { fetch, clock: systemClock, signal: stop.signal, place: processPlace };
      context.exitCode = await runSnapshot({ ...given, file, key }, context.io, deps);
    });
}
