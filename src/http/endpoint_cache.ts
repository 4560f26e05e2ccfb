import type { Clock } from "../observe/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";

/** A rendered body. */
export interface CachedBody {
  readonly body: string;
  readonly contentType: string;
}

interface Entry {
  readonly value: Promise<CachedBody>;
  readonly expiresMs: number;
}

/**
 * Keeps rendered bodies for a short time, so that many monitors cost as much as one; requests that come while a body
 * is being rendered share it. After {@linkcode EndpointCache.close} nothing is given out any more, neither a kept body
 * nor one whose rendering had begun: a stopping server must not look healthy.
 */
export class EndpointCache {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #ttlMs: number;
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(clock: Pick<Clock, "monotonic">, ttlMs: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /**
   * The body kept under `key`, or a fresh one.
   * @throws {VoxcastError} SHUTTING_DOWN once closed
   */
  async get(key: string, render: () => Promise<CachedBody>): Promise<CachedBody> {
    this.#requireOpen();
    const nowMs = this.#clock.monotonic();
    let entry = this.#entries.get(key);
    if (entry === undefined || nowMs >= entry.expiresMs) {
      const fresh = { value: render(), expiresMs: nowMs + this.#ttlMs };
      this.#entries.set(key, fresh);
      fresh.value.catch(() => {
        if (this.#entries.get(key) === fresh) this.#entries.delete(key);
      });
      entry = fresh;
    }
    const body = await entry.value;
    this.#requireOpen();
    return body;
  }

  /** Forgets everything, for good. */
  close(): void {
    this.#closed = true;
    this.#entries.clear();
  }

  #requireOpen(): void {
    if (this.#closed) throw new VoxcastError("SHUTTING_DOWN", "The server is stopping");
  }
}
