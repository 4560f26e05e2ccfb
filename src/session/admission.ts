import { TokenBucket } from "../security/mod.ts";
import { VoxcastError } from "../protocol/mod.ts";

/** Bounds of {@linkcode AdmissionControl}. */
export interface AdmissionLimits {
  readonly maxLoopLagMs: number;
  readonly maxMemoryBytes: number;
  /** New connections a second that are still taken in above a bound. */
  readonly pacedAcceptsPerSecond: number;
}

/** How long a newest lag counts: a probe that has not run since says nothing. */
const LAG_LIFE_MS = 2000;
/** When a refused client may come again. */
const RETRY_AFTER_MS = 2000;

/**
 * Protects those who are in from those who come: while the event loop lags or memory is high, new connections are taken in
 * slowly and the rest are told to come again later. Nobody who is in is touched.
 */
export class AdmissionControl {
  readonly #limits: AdmissionLimits;
  readonly #paced: TokenBucket;
  #lagMs = 0;
  #laggedAtMs = -Infinity;
  #memoryBytes = 0;
  #refused = 0;

  constructor(limits: AdmissionLimits, nowMs: number) {
    this.#limits = limits;
    const rate = limits.pacedAcceptsPerSecond;
    this.#paced = new TokenBucket({ capacity: rate, perSecond: rate }, nowMs);
  }

  /** Connections turned away since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes note of how late the event loop ran a timer. */
  noteLag(lagMs: number, nowMs: number): void {
    if (lagMs < this.#lagMs && nowMs - this.#laggedAtMs < LAG_LIFE_MS) return;
    this.#lagMs = lagMs;
    this.#laggedAtMs = nowMs;
  }

  /** Takes note of the process's resident memory. */
  noteMemory(bytes: number): void {
    this.#memoryBytes = bytes;
  }

  /** Why newcomers are paced now, or undefined. */
  pressure(nowMs: number): "event loop lag" | "memory" | undefined {
    if (nowMs - this.#laggedAtMs < LAG_LIFE_MS && this.#lagMs > this.#limits.maxLoopLagMs) {
      return "event loop lag";
    }
    return this.#memoryBytes > this.#limits.maxMemoryBytes ? "memory" : undefined;
  }

  /**
   * Lets one newcomer in.
   * @throws {VoxcastError} OVERLOADED
   */
  admit(nowMs: number): void {
    if (this.pressure(nowMs) === undefined || this.#paced.take(nowMs)) return;
    this.#refused++;
    throw overloaded();
  }

  /**
   * Looks whether a newcomer would be let in.
   * @throws {VoxcastError} OVERLOADED
   */
  check(nowMs: number): void {
    if (this.pressure(nowMs) !== undefined && this.#paced.remaining(nowMs) < 1) throw overloaded();
  }
}

function overloaded(): VoxcastError {
  return new VoxcastError("OVERLOADED", "The server is overloaded, come again later", {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
