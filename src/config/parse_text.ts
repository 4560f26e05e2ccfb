import type { FieldKind } from "./fields.ts";

const NUMBER_PATTERN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

/**
 * Turns the text of an environment variable or flag into a value of the setting's kind. Lists are JSON (`[1, 2]`, `["a", "b"]`) or
 * comma lists (`1,2`, `a,b`); booleans true, false, 1, 0. Text that does not fit stays text, which the schema then refuses.
 */
export function parseText(text: string, kind: FieldKind): unknown {
  const trimmed = text.trim();
  switch (kind) {
    case "text":
      return text;
    case "boolean":
      return BOOLEANS[trimmed.toLowerCase()] ?? text;
    case "integer":
    case "number":
      return parseNumber(trimmed) ?? text;
    case "numbers":
      return parseNumbers(trimmed) ?? text;
    case "texts":
      return parseTexts(trimmed) ?? text;
  }
}

function parseNumber(text: string): number | undefined {
  return NUMBER_PATTERN.test(text) ? Number(text) : undefined;
}

function parseNumbers(text: string): readonly number[] | undefined {
  const inner = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1).trim() : text;
  if (inner === "") return [];
  const numbers = inner.split(",").map((part) => parseNumber(part.trim()));
  return numbers.every((value) => value !== undefined) ? numbers : undefined;
}

/** A list that holds commas itself must be JSON. */
function parseTexts(text: string): readonly unknown[] | undefined {
  if (text === "") return [];
  if (!text.startsWith("[")) return text.split(",").map((part) => part.trim());
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined; // An IPv6 address in brackets, or a list with a slip: the schema refuses the text.
  }
}
