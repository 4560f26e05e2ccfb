import type { ExitCode } from "./exit_code.ts";
import type { CliIo } from "./io.ts";
import type { SignalSource } from "./stop_signals.ts";

/** What every command is given. */
export interface CommandContext {
  readonly io: CliIo;
  readonly signals: SignalSource;
  /** Where an action leaves its exit code: commander passes no results on. */
  exitCode: ExitCode;
}
