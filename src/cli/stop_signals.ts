import type { Clock } from "../observe/mod.ts";

/** Where signals come from; replaced in tests. */
export interface SignalSource {
  add(signal: Deno.Signal, listener: () => void): void;
  remove(signal: Deno.Signal, listener: () => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** Signals of this process. */
export const processSignals: SignalSource = {
  add: (signal, listener) => Deno.addSignalListener(signal, listener),
  remove: (signal, listener) => Deno.removeSignalListener(signal, listener),
  exit: (code) => Deno.exit(code),
};

/**
 * One Ctrl-C in a terminal arrives twice: the terminal signals the whole process group, and a task runner in it passes
 * its own on. What comes this soon after the first signal is taken for the same wish.
 */
const ECHO_MS = 500;

/**
 * Waits for the wish to stop: SIGINT (Ctrl-C) or SIGTERM. The first one aborts `signal`, so that everything can end in
 * good order; one that comes more than half a second later ends the process with code 1. Dispose to listen no longer.
 */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #source: SignalSource;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #names: readonly Deno.Signal[];
  readonly #onSignal = (): void => this.#receive();
  #firstMs = 0;

  constructor(source: SignalSource, clock: Pick<Clock, "monotonic">, os: string = Deno.build.os) {
    this.#source = source;
    this.#clock = clock;
    this.#names = os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
    for (const name of this.#names) source.add(name, this.#onSignal);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const name of this.#names) this.#source.remove(name, this.#onSignal);
  }

  #receive(): void {
    const nowMs = this.#clock.monotonic();
    if (!this.#controller.signal.aborted) {
      this.#firstMs = nowMs;
      this.#controller.abort(new DOMException("Stopped by a signal", "AbortError"));
    } else if (nowMs - this.#firstMs >= ECHO_MS) this.#source.exit(1);
  }
}
