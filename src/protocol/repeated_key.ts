/** One JSON object that is being read. */
interface OpenObject {
  /** The text of each value read so far, by its key. */
  readonly values: Map<string, string>;
  key: string | undefined;
  valueStart: number;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/**
 * The first key that one object of this JSON text gives twice with different values, or undefined. `JSON.parse` keeps
 * the last and says nothing, so two readers of one message could disagree about it. Values are the same if their texts
 * are. Works without recursion, in time linear in the text.
 *
 * @param parsed what `JSON.parse` made of the text: as many keys as the text has colons means that none was lost, which
 * spares the look at each of them
 */
export function repeatedKey(text: string, parsed: unknown): string | undefined {
  return countColons(text) === countKeys(parsed) ? undefined : findRepeated(text);
}

/** Colons outside of strings: one a key. */
function countColons(text: string): number {
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) colons++;
    else if (code === QUOTE) i = stringEnd(text, i);
  }
  return colons;
}

/** Keys of all objects in a parsed value. */
function countKeys(parsed: unknown): number {
  let keys = 0;
  const waiting: object[] = isContainer(parsed) ? [parsed] : [];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (Array.isArray(value)) {
      for (const inner of value) if (isContainer(inner)) waiting.push(inner);
      continue;
    }
    // Parsed objects inherit nothing that is enumerable.
    for (const key in value) {
      keys++;
      const inner: unknown = value[key as keyof typeof value];
      if (isContainer(inner)) waiting.push(inner);
    }
  }
  return keys;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function findRepeated(text: string): string | undefined {
  const open: (OpenObject | undefined)[] = []; // undefined stands for an array
  for (let i = 0; i < text.length; i++) {
    const inside = open[open.length - 1];
    switch (text[i]) {
      case '"': {
        const end = stringEnd(text, i);
        if (inside !== undefined && inside.key === undefined) inside.key = keyOf(text, i, end);
        i = end;
        break;
      }
      case "{":
        open.push({ values: new Map(), key: undefined, valueStart: 0 });
        break;
      case "[":
        open.push(undefined);
        break;
      case ":":
        if (inside !== undefined) inside.valueStart = i + 1;
        break;
      case ",":
      case "}": {
        const conflict = inside === undefined ? undefined : closeValue(inside, text, i);
        if (conflict !== undefined) return conflict;
        if (text[i] === "}") open.pop();
        break;
      }
      case "]":
        open.pop();
        break;
    }
  }
  return undefined;
}

function closeValue(object: OpenObject, text: string, end: number): string | undefined {
  const { key } = object;
  if (key === undefined) return undefined;
  const value = text.slice(object.valueStart, end).trim();
  const before = object.values.get(key);
  if (before !== undefined && before !== value) return key;
  object.values.set(key, value);
  object.key = undefined;
  return undefined;
}

/** The key between two quotes; few keys have escapes, and those that have none need no parser. */
function keyOf(text: string, start: number, end: number): string {
  const key = text.slice(start + 1, end);
  return key.includes("\\") ? JSON.parse(text.slice(start, end + 1)) : key;
}

/** Index of the quote that ends the string which begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1);; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
