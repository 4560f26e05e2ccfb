import { ImportError, type ImportErrorCode } from "./import_error.ts";

/** Far above what any writer puts there; a hostile file must not fill the memory with text. */
const MAX_STRING_BYTES = 65_536;
const MAX_DICTIONARY_ENTRIES = 4_096;

/** Reads little-endian values between two offsets of a file and never beyond; complains with the exact byte. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #format: string;
  /** Where in the file's structure the reader is, for error texts. */
  path: string;
  offset: number;
  readonly end: number;

  constructor(
    bytes: Uint8Array,
    format: string,
    path: string = "",
    offset: number = 0,
    end: number = bytes.length,
  ) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#format = format;
    this.path = path;
    this.offset = offset;
    this.end = end;
  }

  get left(): number {
    return this.end - this.offset;
  }

  /** A reader of the next `length` bytes, which this one skips. */
  section(length: number, path: string): ByteReader {
    this.require(length);
    const start = this.offset;
    this.offset += length;
    return new ByteReader(this.bytes, this.#format, path, start, this.offset);
  }

  /** Throws ImportError TRUNCATED unless `count` more bytes are there. */
  require(count: number): void {
    if (count > this.left) {
      throw this.error("TRUNCATED", count === 1 ? "1 byte" : `${count} bytes`, `${this.left} are left`);
    }
  }

  int32(): number {
    this.require(4);
    const value = this.#view.getInt32(this.offset, true);
    this.offset += 4;
    return value;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** A count whose items take at least `itemBytes` each, so that a hostile one cannot claim more than the file holds. */
  count(itemBytes: number, what: string): number {
    const at = this.offset;
    const count = this.int32();
    if (count < 0) throw this.error("INVALID", `a number of ${what} from 0`, `found ${count}`, at);
    if (count * itemBytes > this.left) {
      throw this.error(
        "TRUNCATED",
        `${count * itemBytes} bytes for ${count} ${what}`,
        `${this.left} are left`,
        at,
      );
    }
    return count;
  }

  /** Length-prefixed bytes as Latin-1 text: a damaged name is shown, not refused. */
  string(): string {
    const length = this.#smallCount(1, "characters", MAX_STRING_BYTES);
    let text = "";
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.bytes[this.offset + i]!);
    this.offset += length;
    return text;
  }

  /** Four characters that name a chunk. */
  tag(): string {
    this.require(4);
    let text = "";
    for (let i = 0; i < 4; i++) text += String.fromCharCode(this.bytes[this.offset + i]!);
    this.offset += 4;
    return text;
  }

  /** MagicaVoxel's DICT: pairs of strings; of equal keys the last counts. */
  dictionary(): Map<string, string> {
    const pairs = this.#smallCount(8, "dictionary entries", MAX_DICTIONARY_ENTRIES);
    const dictionary = new Map<string, string>();
    for (let i = 0; i < pairs; i++) {
      const key = this.string();
      dictionary.set(key, this.string());
    }
    return dictionary;
  }

  #smallCount(itemBytes: number, what: string, limit: number): number {
    const at = this.offset;
    const count = this.count(itemBytes, what);
    if (count > limit) throw this.error("LIMIT", `at most ${limit} ${what}`, `found ${count}`, at);
    return count;
  }

  error(code: ImportErrorCode, expected: string, found: string, offset: number = this.offset): ImportError {
    return new ImportError({ code, format: this.#format, offset, path: this.path, expected, found });
  }
}
