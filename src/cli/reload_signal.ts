import type { SignalSource } from "./stop_signals.ts";

export interface ReloadSignalOptions {
  readonly source: SignalSource;
  readonly onReload: () => void;
  /** Whether the server was started in a terminal, which sends SIGHUP when it is closed: then that must end the server. */
  readonly isInTerminal: boolean;
  readonly os?: string;
}

/**
 * Waits for the wish that the server look at its files: SIGHUP, where there is such a signal and it can mean nothing else.
 * Dispose to listen no longer.
 */
export class ReloadSignal implements Disposable {
  readonly #source: SignalSource;
  readonly #onReload: (() => void) | undefined;

  constructor({ source, onReload, isInTerminal, os = Deno.build.os }: ReloadSignalOptions) {
    this.#source = source;
    if (isInTerminal || os === "windows") return;
    this.#onReload = onReload;
    source.add("SIGHUP", onReload);
  }

  [Symbol.dispose](): void {
    if (this.#onReload !== undefined) this.#source.remove("SIGHUP", this.#onReload);
  }
}
