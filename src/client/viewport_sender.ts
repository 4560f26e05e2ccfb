import type { Viewport } from "../viewport/mod.ts";
import type { Timers } from "./timers.ts";

/** Where viewports go and how often they may. */
export interface ViewportSenderOptions {
  readonly timers: Timers;
  /** Least time between two sends. */
  readonly minIntervalMs: number;
  readonly send: (viewport: Viewport) => void;
}

/**
 * Sends a moving camera at a bounded rate: the first move at once, then at most one a `minIntervalMs`, and always the
 * last one, so that the server ends with the view that is on the screen. A camera that stands still sends nothing.
 */
export class ViewportSender {
  readonly #options: ViewportSenderOptions;
  #sent: Viewport | undefined;
  #pending: Viewport | undefined;
  #lastSendMs = -Infinity;
  #timer: unknown;

  constructor(options: ViewportSenderOptions) {
    this.#options = options;
  }

  /** Takes note of the present view; sends it now, later, or not at all if it is the one sent last. */
  offer(viewport: Viewport): void {
    const known = this.#pending ?? this.#sent;
    if (known !== undefined && sameViewport(known, viewport)) return;
    this.#pending = viewport;
    if (this.#timer !== undefined) return;
    const waitMs = this.#lastSendMs + this.#options.minIntervalMs - this.#options.timers.monotonic();
    if (waitMs <= 0) this.#flush();
    else this.#timer = this.#options.timers.setTimeout(() => this.#flush(), waitMs);
  }

  /** Says that the server was told of `viewport` in another way, as by registering. */
  markSent(viewport: Viewport): void {
    this.cancel();
    this.#sent = viewport;
    this.#lastSendMs = this.#options.timers.monotonic();
  }

  /** Forgets what waits to be sent. */
  cancel(): void {
    if (this.#timer !== undefined) this.#options.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    const viewport = this.#pending;
    this.#pending = undefined;
    if (viewport === undefined || (this.#sent !== undefined && sameViewport(this.#sent, viewport))) return;
    this.#sent = viewport;
    this.#lastSendMs = this.#options.timers.monotonic();
    this.#options.send(viewport);
  }
}

/** True if two views are equal in every number. */
export function sameViewport(a: Viewport, b: Viewport): boolean {
  return sameVector(a.eye, b.eye) && sameVector(a.lookAt, b.lookAt) && sameVector(a.up, b.up) &&
    a.fovY === b.fovY && a.aspectRatio === b.aspectRatio && a.nearPlane === b.nearPlane &&
    a.farPlane === b.farPlane && a.heightPx === b.heightPx;
}

function sameVector(a: Viewport["eye"], b: Viewport["eye"]): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}
