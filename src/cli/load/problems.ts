/** Something that must not be, how often it was, and what it was like the first time. */
export interface Problem {
  readonly check: string;
  readonly count: number;
  readonly first: string;
}

/** What the checks of a run have found. */
export class Problems {
  readonly #found = new Map<string, { count: number; readonly first: string }>();

  /**
   * Notes one.
   * @param check what was looked at, one of few texts
   * @param detail what was found
   */
  add(check: string, detail: string): void {
    const known = this.#found.get(check);
    if (known === undefined) this.#found.set(check, { count: 1, first: detail });
    else known.count++;
  }

  /** All of them, in the order in which they came first. */
  list(): readonly Problem[] {
    return [...this.#found].map(([check, { count, first }]) => ({ check, count, first }));
  }
}
