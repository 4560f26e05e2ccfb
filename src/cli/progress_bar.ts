import type { Clock } from "../observe/mod.ts";
import type { CliIo } from "./io.ts";
import { formatCount, formatDuration, formatRate } from "./quantities.ts";

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 2_000;
const BAR_CHARS = 24;
/** Carriage return, then erase to the end of the line (ECMA-48 EL). */
const CLEAR_LINE = "\r\x1b[K";

export interface ProgressBarOptions {
  readonly io: CliIo;
  readonly clock: Clock;
  /** What is going on: `tree.vox: uploading`. */
  readonly label: string;
  /** What is counted, in the plural: `voxels`. */
  readonly unit: string;
}

/**
 * Shows how far something is, with rate and time to go. On a terminal one line that is drawn over, at most ten times a
 * second; elsewhere a line every two seconds, so that logs stay short. Writes to the error stream: results stay clean.
 */
export class ProgressBar {
  readonly #options: ProgressBarOptions;
  readonly #startMs: number;
  #lastMs: number;
  #isDrawn = false;

  constructor(options: ProgressBarOptions) {
    this.#options = options;
    this.#startMs = options.clock.monotonic();
    // The first look at a terminal comes at once; a log only hears of what takes long.
    this.#lastMs = options.io.isTerminal ? -Infinity : this.#startMs;
  }

  update(done: number, total: number): void {
    const { io, clock } = this.#options;
    const now = clock.monotonic();
    if (now - this.#lastMs < (io.isTerminal ? REDRAW_MS : PLAIN_LINE_MS)) return;
    this.#lastMs = now;
    const line = this.#line(done, total, now - this.#startMs);
    io.error(io.isTerminal ? `${CLEAR_LINE}${line.slice(0, Math.max(0, io.columns - 1))}` : `${line}\n`);
    this.#isDrawn = io.isTerminal;
  }

  /** Takes the line away: what follows says how it ended. */
  finish(): void {
    if (this.#isDrawn) this.#options.io.error(CLEAR_LINE);
    this.#isDrawn = false;
  }

  #line(done: number, total: number, elapsedMs: number): string {
    const { io, label, unit } = this.#options;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * BAR_CHARS);
    const bar = io.isTerminal ? ` [${"#".repeat(filled)}${"-".repeat(BAR_CHARS - filled)}]` : "";
    const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
    const speed = rate > 0
      ? `, ${formatRate(rate)}/s, ${formatDuration(((total - done) / rate) * 1000)} to go`
      : "";
    return `${label}${bar} ${Math.floor(share * 100)} %, ${formatCount(done)} of ${
      formatCount(total)
    } ${unit}${speed}`;
  }
}
