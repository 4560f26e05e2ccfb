import { UsageError } from "./usage_error.ts";

const SECONDS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };
const MAX_DAYS = 3660;

/**
 * Whole seconds of a text such as `90`, `90s`, `15m`, `12h` or `30d`.
 * @throws {UsageError} naming the option if it is none of them, or above ten years
 */
export function readDurationSec(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit ?? ""] ?? NaN);
  if (!(seconds >= 1 && seconds <= MAX_DAYS * 86_400)) {
    throw new UsageError(
      `${option} must be a time such as 90s, 15m, 12h or 30d, at most ${MAX_DAYS}d, got "${text}"`,
    );
  }
  return seconds;
}
