import type { Help } from "commander";

const SHORT_TERM = 26;
const TERM_INDENT = "  ";
const LONG_INDENT = " ".repeat(6);

/**
 * One entry of a help text. A short name shares its line with its description; the flags of settings are too long for a
 * column of their own, so their descriptions go below them.
 */
export function formatHelpItem(term: string, _termWidth: number, description: string, helper: Help): string {
  if (description === "") return TERM_INDENT + term;
  const width = helper.helpWidth ?? 80;
  if (term.length <= SHORT_TERM) {
    const indent = TERM_INDENT + " ".repeat(SHORT_TERM + 2);
    const lines = wrap(description, width - indent.length);
    return `${TERM_INDENT}${term.padEnd(SHORT_TERM + 2)}${lines.join(`\n${indent}`)}`;
  }
  const lines = wrap(description, width - LONG_INDENT.length);
  return `${TERM_INDENT}${term}\n${LONG_INDENT}${lines.join(`\n${LONG_INDENT}`)}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
