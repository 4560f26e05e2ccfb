/** Whole rows of a picture: what a Worker makes in one go. */
export interface Band {
  readonly firstRow: number;
  readonly rows: number;
}

/** Workgroups are this many pixels high, so bands are, too. */
const ROW_STEP = 8;

/** Cuts a picture into bands of about `bandPixels`, from the top. */
export function bandsOf(widthPx: number, heightPx: number, bandPixels: number): Band[] {
  const rows = ROW_STEP * Math.max(1, Math.floor(bandPixels / widthPx / ROW_STEP));
  const bands: Band[] = [];
  for (let firstRow = 0; firstRow < heightPx; firstRow += rows) {
    bands.push({ firstRow, rows: Math.min(rows, heightPx - firstRow) });
  }
  return bands;
}
