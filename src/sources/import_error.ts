/** Why a model file could not be read, precise enough to find the spot with a hex editor. */

/**
 * `UNSUPPORTED_FORMAT`: not a format that is read here; `TRUNCATED`: the file ends too early; `INVALID`: the bytes are
 * there but mean nothing; `LIMIT`: well formed, but larger than allowed.
 */
export type ImportErrorCode = "UNSUPPORTED_FORMAT" | "TRUNCATED" | "INVALID" | "LIMIT";

/** A file's own text made fit for a message: printable ASCII, not endless. */
export function shown(text: string): string {
  const clipped = text.length <= 40 ? text : `${text.slice(0, 40)}...`;
  return clipped.replace(/[^\x20-\x7e]/g, "?");
}

/** What a reader knows when it gives up. Plain data: crosses from the Worker unchanged. */
export interface ImportProblem {
  readonly code: ImportErrorCode;
  /** What was being read: `.vox`, `.ply`, `gzip` or, before that is known, `model`. */
  readonly format: string;
  /** Byte offset of the problem, for compressed files inside the decompressed bytes; absent when it has no one place. */
  readonly offset?: number;
  /** Where in the file's own structure: `XYZI`, `nTRN 4/_r`, `element vertex`. May be empty. */
  readonly path: string;
  /** What should have been there, as a noun: `40 bytes`, `a whole number from 0`. */
  readonly expected: string;
  /** What was there instead, as the rest of the sentence: `12 are left`, `found -5`. */
  readonly found: string;
}

/** Thrown for every file that cannot be imported; nothing else is thrown because of what a file contains. */
export class ImportError extends Error {
  override readonly name = "ImportError";
  readonly code: ImportErrorCode;
  readonly format: string;
  readonly offset: number | undefined;
  readonly path: string;
  readonly expected: string;
  readonly found: string;

  constructor(problem: ImportProblem, options?: ErrorOptions) {
    const at = problem.offset === undefined ? "" : ` at byte ${problem.offset}`;
    const place = problem.path === "" ? "" : ` (${problem.path})`;
    super(
      `Cannot read ${problem.format} file${at}${place}: ` +
        `expected ${problem.expected}, ${problem.found}`,
      options,
    );
    this.code = problem.code;
    this.format = problem.format;
    this.offset = problem.offset;
    this.path = problem.path;
    this.expected = problem.expected;
    this.found = problem.found;
  }

  /** The fields alone, to be posted to another thread; `new ImportError(...)` makes the error again. */
  toProblem(): ImportProblem {
    const { code, format, offset, path, expected, found } = this;
    return { code, format, path, expected, found, ...(offset === undefined ? {} : { offset }) };
  }
}
