/** A number as an answer shows it: two decimals, four where it is below one; digits beyond are noise of the measurement. */
export function shortNumber(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toFixed(Math.abs(value) < 1 ? 4 : 2));
}
