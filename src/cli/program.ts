import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/mod.ts";
import type { CommandContext } from "./command_context.ts";
import { addConfigCommand } from "./config_command.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { formatHelpItem } from "./help_format.ts";
import { type CliIo, processIo } from "./io.ts";
import { addImportCommand, addInspectCommand } from "./model_commands.ts";
import { addLoadCommand } from "./load_command.ts";
import { addServeCommand } from "./serve_command.ts";
import { addKeyCommand } from "./key_command.ts";
import { processSignals, type SignalSource } from "./stop_signals.ts";
import { addSnapshotCommand } from "./snapshot_command.ts";
import { addTokenCommand } from "./token_command.ts";
import { UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

export interface CliOptions {
  readonly io?: CliIo;
  readonly signals?: SignalSource;
}

/** Runs one command line (without the program's name) and answers the exit code. Throws nothing. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<ExitCode> {
  const io = options.io ?? processIo();
  const context: CommandContext = {
    io,
    signals: options.signals ?? processSignals,
    exitCode: EXIT_CODE.OK,
  };
  try {
    await createProgram(context).parseAsync([...args], { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.OK : EXIT_CODE.USAGE;
    io.error(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ConfigError || error instanceof UsageError ? EXIT_CODE.USAGE : EXIT_CODE.FAILED;
  }
}

function createProgram(context: CommandContext): Command {
  const { io } = context;
  const program = new Command("voxcast");
  program
    .description("Streams live voxel worlds to many browsers at once")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.error(text),
      // Commander's own way looks at the environment, which takes permissions.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .configureHelp({ formatItem: formatHelpItem })
    .showHelpAfterError("(--help lists the commands and options)")
    .exitOverride();
  addServeCommand(program, context);
  addImportCommand(program, context);
  addInspectCommand(program, context);
  addSnapshotCommand(program, context);
  addLoadCommand(program, context);
  addKeyCommand(program, context);
  addTokenCommand(program, context);
  addConfigCommand(program, context);
  return program;
}
