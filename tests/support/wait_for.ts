export interface WaitOptions {
  /** What is waited for, in words; shown when it does not come. */
  readonly what: string;
  readonly deadlineMs?: number;
  /** Time between two looks. */
  readonly intervalMs?: number;
}

/** A condition's answer: anything but `undefined`, `null` and `false` ends the wait. */
type Answer<T> = T | undefined | null | false;

/**
 * Looks at `condition` until it gives an answer, and returns that answer.
 * Throws when `deadlineMs` (default 30,000: a loaded machine is slow, not wrong) has passed. The only form of waiting in the tests; nothing sleeps a fixed time.
 */
export async function waitFor<T>(
  condition: () => Answer<T> | Promise<Answer<T>>,
  options: WaitOptions,
): Promise<T> {
  const deadlineMs = options.deadlineMs ?? 30_000;
  const endMs = performance.now() + deadlineMs;
  while (true) {
    const answer = await condition();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > endMs) throw new Error(`Waited ${deadlineMs} ms in vain for ${options.what}`);
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 5));
  }
}
