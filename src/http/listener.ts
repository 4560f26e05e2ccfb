import type { Clock, Logger, TimerId } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";
import { problemResponse } from "./problem.ts";

/** What is listened with: `Deno.serve`, as far as it is needed here. */
export interface Listening {
  readonly addr: Deno.NetAddr;
  /** Rejects when listening has failed, as it does when the process has no descriptor left for a connection. */
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}

export interface ListenerOptions {
  /** Begins to listen at a port, 0 for any free one. Throws if that cannot be. */
  readonly serve: (port: number) => Listening;
  readonly port: number;
  readonly clock: Pick<Clock, "setTimeout" | "clearTimeout">;
  readonly logger: Logger;
}

/** Long enough for connections to end, short enough that few clients notice. */
const PAUSE_MS = 500;

/**
 * Listens until it is told to stop. The runtime gives up when accepting a connection fails once, above all at the limit
 * of open files, which any stranger can reach; so listening begins again at the same port after a pause, and as often as
 * it takes. Connections that are open stay as they are.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #addr: Deno.NetAddr;
  #listening: Listening | undefined;
  #timer: TimerId | undefined;
  #stopped = false;

  /** @throws {Deno.errors.AddrInUse} and whatever else `serve` throws the first time */
  constructor(options: ListenerOptions) {
    this.#options = options;
    const listening = options.serve(options.port);
    this.#addr = listening.addr;
    this.#follow(listening);
  }

  /** Where it listens, also while it pauses. */
  get addr(): Deno.NetAddr {
    return this.#addr;
  }

  /** Stops for good; resolves when open requests have been answered. May be called twice. */
  async shutdown(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#listening?.shutdown();
  }

  #follow(listening: Listening): void {
    this.#listening = listening;
    listening.finished.then(
      () => this.#ended("listening ended"),
      (error: unknown) => this.#ended(String(error)),
    );
  }

  #ended(error: string): void {
    this.#listening = undefined;
    if (this.#stopped) return;
    const { clock, logger } = this.#options;
    logger.error("http.listener_failed", { error, againInMs: PAUSE_MS });
    this.#timer = clock.setTimeout(() => this.#again(), PAUSE_MS);
  }

  #again(): void {
    this.#timer = undefined;
    try {
      this.#follow(this.#options.serve(this.#addr.port));
    } catch (error) {
      this.#ended(String(error));
    }
  }
}

/**
 * What a listener answers when a handler throws, which none should. Neither the error's text nor the first lines of its
 * stack are written anywhere, as both may quote the address of the request, and with it a credential.
 */
export function failureAnswer(logger: Logger): (error: unknown) => Response {
  let failures = 0;
  return (error) => {
    const requestId = `failure-${++failures}`;
    const name = error instanceof Error ? error.name : typeof error;
    const stack = error instanceof Error ? error.stack ?? "" : "";
    const places = stack.split("\n").filter((line) => /^\s+at /.test(line)).map((line) => line.trim());
    logger.error("http.handler_failed", { requestId, name, places: places.slice(0, 10) });
    return problemResponse(new VoxcastError("INTERNAL", "The handler failed"), requestId);
  };
}
