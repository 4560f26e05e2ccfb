import { shown } from "./import_error.ts";
import type { PlyElement } from "./ply_header.ts";
import { type PlyRows, rowError } from "./ply_rows.ts";

/** Powers of ten that f64 holds exactly: with at most 15 digits, one division by them rounds correctly. */
const EXACT_TENS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const MAX_EXACT_DIGITS = 15;
const MAX_NUMBER_CHARS = 64;

const SPACE = 32;
const MINUS = 45;
const PLUS = 43;
const DOT = 46;
const ZERO = 48;
const NINE = 57;

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Names that writers give to numbers that are none. */
const NOT_FINITE = /^[+-]?(nan(\(.*\))?|inf(inity)?|1\.#\w+)$/i;

/** Rows of a text PLY body. Values may be spread over lines in any way, as most readers allow. */
export class AsciiRows implements PlyRows {
  readonly isText = true;
  offset: number;
  readonly #bytes: Uint8Array;
  /** Whole rows read of the element that is being read. */
  #rowsRead = 0;
  #element: PlyElement | undefined = undefined;

  constructor(bytes: Uint8Array, bodyOffset: number) {
    this.#bytes = bytes;
    this.offset = bodyOffset;
  }

  /** A digit and a space a value, without the last space; an empty list is its length alone. */
  minBytes(element: PlyElement): number {
    return Math.max(0, element.count * element.properties.length * 2 - 1);
  }

  readRow(element: PlyElement, row: Float64Array): void {
    const { properties } = element;
    if (element !== this.#element) {
      this.#element = element;
      this.#rowsRead = 0;
    }
    for (let i = 0; i < properties.length; i++) {
      if (properties[i]!.countType === undefined) row[i] = this.#number(element);
      else this.#skipList(element);
    }
    this.#rowsRead++;
  }

  skip(element: PlyElement): void {
    const row = new Float64Array(element.properties.length);
    if (row.length === 0) return; // Rows without values take no bytes, however many there are.
    for (let i = 0; i < element.count; i++) this.readRow(element, row);
  }

  #skipList(element: PlyElement): void {
    const at = this.offset;
    const length = this.#number(element);
    if (!Number.isInteger(length) || length < 0) {
      throw rowError("INVALID", element, at, "a list length from 0", `found ${length}`);
    }
    for (let i = 0; i < length; i++) this.#number(element);
  }

  /**
   * The next number, equal to `Number(text)` to the last bit. Up to 15 digits with a small scale are exact in f64 before
   * and after one division (Clinger 1990); everything else takes the slow way.
   */
  #number(element: PlyElement): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    let at = this.offset;
    while (at < end && bytes[at]! <= SPACE) at++;
    if (at >= end) {
      const rows = element.count === 1 ? "1 whole row" : `${element.count} whole rows`;
      throw rowError("TRUNCATED", element, end, rows, `found ${this.#rowsRead}`);
    }
    const start = at;
    const negative = bytes[at] === MINUS;
    if (negative || bytes[at] === PLUS) at++;
    let mantissa = 0;
    let digits = 0;
    let decimals = -1;
    for (; at < end; at++) {
      const char = bytes[at]!;
      if (char >= ZERO && char <= NINE) {
        mantissa = mantissa * 10 + (char - ZERO);
        digits++;
        if (decimals >= 0) decimals++;
      } else if (char === DOT && decimals < 0) decimals = 0;
      else break;
    }
    if (digits === 0 || digits > MAX_EXACT_DIGITS || (at < end && bytes[at]! > SPACE)) {
      return this.#slowNumber(element, start);
    }
    this.offset = at;
    const value = decimals > 0 ? mantissa / EXACT_TENS[decimals]! : mantissa;
    return negative ? -value : value;
  }

  #slowNumber(element: PlyElement, start: number): number {
    const bytes = this.#bytes;
    let text = "";
    let at = start;
    while (at < bytes.length && bytes[at]! > SPACE && text.length <= MAX_NUMBER_CHARS) {
      text += String.fromCharCode(bytes[at++]!);
    }
    const value = DECIMAL.test(text) ? Number(text) : NaN;
    if (text.length > MAX_NUMBER_CHARS || (Number.isNaN(value) && !NOT_FINITE.test(text))) {
      throw rowError("INVALID", element, start, "a number", `found "${shown(text)}"`);
    }
    this.offset = at;
    return value;
  }
}
