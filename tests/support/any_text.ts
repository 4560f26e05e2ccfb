import fc from "fast-check";

/** A code point of any plane; the halves of surrogate pairs, which no text on the wire can have, are left out. */
const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
).map((code) => String.fromCodePoint(code));

/** A code point of ASCII, as those mean something to parsers; a uniform choice hardly ever has one. */
const ascii = fc.nat(0x7f).map((code) => String.fromCharCode(code));

/**
 * Texts of any characters, control characters and unassigned ones too. What `fc.string({ unit: "binary" })` makes, but
 * that takes seconds to get ready in every file that has it.
 */
export function anyText(constraints: Omit<fc.StringConstraints, "unit"> = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: fc.oneof(ascii, codePoint) });
}
