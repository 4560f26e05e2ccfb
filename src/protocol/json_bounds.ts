import { VoxcastError } from "./voxcast_error.ts";

/** How much structure a JSON text may have. Its length is bounded elsewhere. */
export interface JsonBounds {
  /** Deepest nesting of objects and arrays; a value in none is at depth 0. */
  readonly maxJsonDepth: number;
  /** Most values, objects and arrays included, keys not. */
  readonly maxJsonValues: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * Refuses a JSON text with more structure than is allowed, before anything is made of it. Whether it is JSON at all is
 * for the parser to say. A text too short to break a bound is not looked at; otherwise linear, without recursion.
 * @throws {VoxcastError} JSON_TOO_COMPLEX
 */
export function checkJsonBounds(text: string, { maxJsonDepth, maxJsonValues }: JsonBounds): void {
  // A level needs two characters, `[` and `]`; a value needs itself and what parts it from the next.
  if (text.length <= 2 * maxJsonDepth && text.length < 2 * maxJsonValues) return;
  let depth = 0;
  let values = 1;
  let justOpened = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= SPACE) continue;
    switch (code) {
      case 0x7b: // {
      case 0x5b: // [
        if (justOpened) values++;
        justOpened = true;
        if (++depth > maxJsonDepth) {
          throw new VoxcastError("JSON_TOO_COMPLEX", `The JSON is nested deeper than ${maxJsonDepth} levels`);
        }
        break;
      case 0x7d: // }
      case 0x5d: // ]
        justOpened = false;
        depth--;
        break;
      default:
        // The first thing in an array or object is a value; each comma announces another one.
        if (justOpened || code === COMMA) values++;
        justOpened = false;
        if (code === QUOTE) i = stringEnd(text, i);
    }
    if (values > maxJsonValues) {
      throw new VoxcastError("JSON_TOO_COMPLEX", `The JSON has more than ${maxJsonValues} values`);
    }
  }
}

/** Index of the quote that ends the string, or the text's length if none does. */
function stringEnd(text: string, start: number): number {
  for (let end = start;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
