/** How long a late turn of the event loop is remembered. */
const LIFE_MS = 1000;
/** Timers are late by so much on an idle machine as well. */
const USUAL_MS = 10;

/**
 * How late the event loop has been of late. Whoever times what comes in or goes out has this server's own lateness in each
 * figure, and would take it for somebody else's.
 */
export class LoopLateness {
  /** What may be the longest of some time to come, latest and so shortest last. */
  #late: { readonly atMs: number; readonly lateMs: number }[] = [];

  /** Notes that something was due at a time and done at another. */
  note(dueMs: number, nowMs: number): void {
    const lateMs = nowMs - dueMs;
    this.#late = this.#late.filter((old) => old.lateMs > lateMs && nowMs - old.atMs < LIFE_MS);
    if (lateMs >= USUAL_MS) this.#late.push({ atMs: nowMs, lateMs });
  }

  /** The longest delay of late in milliseconds; 0 if there was none worth to speak of. */
  get ms(): number {
    return this.#late[0]?.lateMs ?? 0;
  }
}
