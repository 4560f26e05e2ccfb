/** What a command tells the shell. */
export const EXIT_CODE = {
  OK: 0,
  /** The command was understood and did not succeed. */
  FAILED: 1,
  /** The command line or the configuration is wrong; nothing was done. */
  USAGE: 2,
} as const;

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];
