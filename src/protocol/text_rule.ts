/**
 * Characters that show nothing or show other characters otherwise: controls (C0, DEL, C1), format characters (among them
 * the bidirectional controls U+200E, U+200F, U+202A-202E, U+2066-2069, zero-width characters, U+FEFF and tags), lone
 * surrogates, and the line and paragraph separators. By Unicode's general categories, so that new ones belong to it too.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE, "gu");

/** What a name must be, in the words of errors: "... must be `PLAIN_NAME_WORDS`". */
export const PLAIN_NAME_WORDS = "free of control characters and of others that are not seen";

/**
 * Whether a text may name something (a client, stream, world, entity, key): it has only characters that are seen as they
 * are, so that two different names never look the same for want of a visible difference and none can turn a line around.
 * Text that names nothing (a title) may have any characters; whoever writes it where people read it uses `visibleText`.
 */
export function isPlainName(text: string): boolean {
  return !INVISIBLE.test(text);
}

/** The text with every invisible character as `\u{hex}`, for logs, errors and screens; other text as it is. */
export function visibleText(text: string): string {
  return INVISIBLE.test(text) ? text.replaceAll(ALL_INVISIBLE, escaped) : text;
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).padStart(4, "0")}}`;
}
