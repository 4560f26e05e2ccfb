/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** Dotted key, or the name as it was given if it is no setting. */
  readonly key: string;
  /** Where it was given, e.g. `voxcast.json` or `environment VOXCAST_PORT`. */
  readonly place: string;
  /** The value as text; `***` for secrets. Absent if there is none. */
  readonly value?: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** The configuration cannot be used; `problems` lists everything that is wrong with it, not only the first find. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`Cannot use this configuration, ${count}:\n${problems.map(formatProblem).join("\n")}`);
    this.problems = problems;
  }
}

function formatProblem(problem: ConfigProblem): string {
  const value = problem.value === undefined ? "" : ` = ${problem.value}`;
  return `  ${problem.key}${value} (${problem.place}): ${problem.message}`;
}
