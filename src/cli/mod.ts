/** The command line. */
export { type CliOptions, runCli } from "./program.ts";
export { EXIT_CODE, type ExitCode } from "./exit_code.ts";
