import { ImportError, type ImportErrorCode, shown } from "./import_error.ts";
import type { PlyElement } from "./ply_header.ts";

/**
 * Values of a PLY body, one after the other: the same interface for text and binary, so that elements are walked by one
 * code. Every read checks the end of the file.
 */
export interface PlyRows {
  /** Whether rows have no size of their own, so that a shortage is told in rows. */
  readonly isText: boolean;
  /** Offset of the next byte. */
  readonly offset: number;
  /** Least bytes that all rows of the element take: what makes a hostile count impossible. */
  minBytes(element: PlyElement): number;
  /** Reads one row; single values go into `row` by property index, lists are skipped (their slot is untouched). */
  readRow(element: PlyElement, row: Float64Array): void;
  /** Skips all rows of an element, throwing ImportError when the file ends before. */
  skip(element: PlyElement): void;
}

/** Throws ImportError TRUNCATED when the rows that an element declares cannot be in the rest of the file. */
export function checkRows(rows: PlyRows, element: PlyElement, fileBytes: number): void {
  const needed = rows.minBytes(element);
  if (needed > fileBytes - rows.offset) {
    // Throws where the file ends, with the number of rows until there: less work than the file is long.
    if (rows.isText) rows.skip(element);
    const left = Math.max(0, fileBytes - rows.offset);
    throw rowError(
      "TRUNCATED",
      element,
      rows.offset,
      `${needed} bytes for ${element.count} rows`,
      `${left} are left`,
    );
  }
}

export function rowError(
  code: ImportErrorCode,
  element: PlyElement,
  offset: number,
  expected: string,
  found: string,
): ImportError {
  return new ImportError({
    code,
    format: ".ply",
    offset,
    path: `element ${shown(element.name)}`,
    expected,
    found,
  });
}
