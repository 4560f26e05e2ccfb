/*
 * The format of docs/conformance.md. Outside of tables everything is free. A table of promises has exactly this header:
 *
 *   | id | promise | status | code | test | measured |
 *
 * id:       unique in the file, e.g. `S-12` (any text without spaces).
 * promise:  what was promised, one sentence; no vertical bar.
 * status:   `built`    it works and a test proves it: code and test are given;
 *           `measured` it is a number: code, a test or bench, and the number (with machine or ratio) are given;
 *           `not yet`  it does not exist: code, test and measured are empty or `-`.
 * code:     paths of files or folders in backticks, several with `<br>` between.
 * test:     `path :: "name of the test"`, several with `<br>` between; each such test (or bench) must exist in that file, with its
 *           name written out in one string literal.
 * measured: the number, or empty.
 */

export const STATUSES = ["built", "measured", "not yet"] as const;
export type Status = (typeof STATUSES)[number];

export interface Promised {
  readonly line: number;
  readonly id: string;
  readonly promise: string;
  readonly status: string;
  readonly code: readonly string[];
  readonly tests: readonly { readonly path: string; readonly name: string }[];
  readonly measured: string;
  /** Parts of the test cell that are not `path :: "name"`. */
  readonly unreadable: readonly string[];
}

const HEADER = ["id", "promise", "status", "code", "test", "measured"];

/** All rows of all tables of promises. Throws SyntaxError for a row with another number of cells. */
export function parseConformance(markdown: string): readonly Promised[] {
  const rows: Promised[] = [];
  let inTable = false;
  markdown.split("\n").forEach((text, index) => {
    if (!text.trimStart().startsWith("|")) {
      inTable = false;
      return;
    }
    const cells = splitRow(text);
    if (cells.join() === HEADER.join()) inTable = true;
    else if (inTable && !cells.every((cell) => /^:?-+:?$/.test(cell))) {
      rows.push(toPromised(cells, index + 1));
    }
  });
  return rows;
}

function splitRow(text: string): string[] {
  return text.trim().replace(/^\|/, "").replace(/\|$/, "").split("|").map((cell) => cell.trim());
}

function toPromised(cells: readonly string[], line: number): Promised {
  if (cells.length !== HEADER.length) {
    throw new SyntaxError(
      `Line ${line} has ${cells.length} cells, wanted ${HEADER.length}: ${HEADER.join(", ")}`,
    );
  }
  const [id, promise, status, code, test, measured] = cells as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const parts = split(test);
  const tests = parts.map((part) => /^`?([^\s`]+) :: "(.+)"`?$/.exec(part));
  return {
    line,
    id,
    promise,
    status,
    code: split(code).map((part) => part.replaceAll("`", "")),
    tests: tests.flatMap((match) => match === null ? [] : [{ path: match[1]!, name: match[2]! }]),
    measured: measured === "-" ? "" : measured,
    unreadable: parts.filter((_, i) => tests[i] === null),
  };
}

function split(cell: string): string[] {
  return cell === "" || cell === "-" ? [] : cell.split(/<br\s*\/?>/).map((part) => part.trim());
}

/** What is wrong with one row, given what is in the project. */
export async function problemsOf(
  row: Promised,
  project: { exists(path: string): Promise<boolean>; read(path: string): Promise<string> },
): Promise<readonly string[]> {
  const problems = row.unreadable.map((part) => `test is not \`path :: "name"\`: ${part}`);
  if (row.id === "" || /\s/.test(row.id)) problems.push("has no id");
  if (row.promise === "") problems.push("has no promise");
  if (!STATUSES.some((status) => status === row.status)) problems.push(`status is ${row.status || "empty"}`);
  if (row.status === "not yet" && row.code.length + row.tests.length + row.measured.length > 0) {
    problems.push("is not yet there, but names code, test or number");
  }
  if (row.status === "built" || row.status === "measured") {
    if (row.code.length === 0) problems.push("names no code");
    if (row.tests.length === 0) problems.push("names no test");
  }
  if (row.status === "measured" && !/\d/.test(row.measured)) problems.push("has no number");
  for (const path of row.code) if (!await project.exists(path)) problems.push(`there is no ${path}`);
  for (const { path, name } of row.tests) {
    if (!await project.exists(path)) problems.push(`there is no ${path}`);
    else if (!(await project.read(path)).includes(JSON.stringify(name))) {
      problems.push(`${path} has no test "${name}"`);
    }
  }
  return problems.map((problem) => `line ${row.line} (${row.id}): ${problem}`);
}
