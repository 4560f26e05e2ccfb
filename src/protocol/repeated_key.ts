/** One JSON object that is being read. */
interface OpenObject {
  /** The text of each value read so far, by its key. */
  readonly values: Map<string, string>;
  key: string | undefined;
  valueStart: number;
}

/**
 * The first key that one object of this JSON text gives twice with different values, or undefined. `JSON.parse` keeps
 * the last and says nothing, so two readers of one message could disagree about it. The text must have parsed; values
 * are the same if their texts are. Works without recursion, in time linear in the text.
 */
export function repeatedKey(text: string): string | undefined {
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

function stringEnd(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i;
}
