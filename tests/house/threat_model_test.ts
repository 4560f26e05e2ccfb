import { assert, assertEquals } from "@std/assert";
import { needs, testWith } from "../support/needs.ts";
import { PROJECT, readProjectFile } from "./project_files.ts";

const need = await needs({ read: "." });

const HEADER = ["who", "asset", "entry", "limit", "test"];

/** The rows of the threat model in docs/security.md. */
function rowsOf(markdown: string): string[][] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
  const start = rows.findIndex((row) => row.join() === HEADER.join());
  const end = rows.findIndex((row, i) => i > start && row.length !== HEADER.length);
  return rows.slice(start + 2, end < 0 ? undefined : end);
}

testWith(need, "every row of the threat model is filled in and names tests that exist", async () => {
  const rows = rowsOf(await readProjectFile("docs/security.md"));
  assert(rows.length > 20, `${rows.length} rows`);
  const problems: string[] = [];
  for (const row of rows) {
    if (row.some((cell) => cell === "")) problems.push(`an empty cell: ${row.join(" | ")}`);
    for (const part of row[4]!.split("<br>")) {
      const [, path, name] = /^`(\S+) :: "(.+)"`$/.exec(part) ?? [];
      if (path === undefined) problems.push(`is no test: ${part}`);
      else if (!await holds(path, name!)) problems.push(`${path} has no test "${name}"`);
    }
  }
  assertEquals(problems, []);
});

async function holds(path: string, name: string): Promise<boolean> {
  try {
    return (await Deno.readTextFile(new URL(path, PROJECT))).includes(JSON.stringify(name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
