import type { Viewport } from "../viewport/mod.ts";
import type { Backoff } from "./backoff.ts";
import { registerText, viewportText } from "./client_message.ts";
import { closeVerdict } from "./close_verdict.ts";
import type {
  Admission,
  ConnectionPhase,
  ConnectionStatus,
  Socket,
  SocketEvents,
} from "./connection_status.ts";
import {
  parseServerMessage,
  type Registration,
  type ServerError,
  type ServerMessage,
} from "./server_message.ts";
import type { Timers } from "./timers.ts";
import { ViewportSender } from "./viewport_sender.ts";

/** What a connection needs from the world around it, and whom it tells. */
export interface ConnectionOptions {
  readonly timers: Timers;
  readonly backoff: Backoff;
  readonly clientId: string;
  /** World to register in; the server's default world if undefined. */
  readonly world: string | undefined;
  /** The view of this moment, for the registration. */
  readonly viewport: () => Viewport;
  /** Looks whether the server is there and lets us in, before a socket is opened. Must not reject. */
  readonly admit: () => Promise<Admission>;
  readonly openSocket: (events: SocketEvents) => Socket;
  readonly onStatus: (status: ConnectionStatus) => void;
  /** The server accepted us: what was held of an earlier registration is void. */
  readonly onRegistered: (registration: Registration) => void;
  readonly onFrame: (bytes: ArrayBuffer) => void;
  /** The server was told of this view, by a registration or an update. */
  readonly onViewportSent: (viewport: Viewport) => void;
  /** An error that the server reported, or a message that could not be read. */
  readonly onError: (error: ServerError) => void;
  /** Least time between two viewports sent. */
  readonly viewportIntervalMs?: number;
  /** An attempt that is not registered by then is given up. */
  readonly attemptTimeoutMs?: number;
  /** A connection that lived this long makes the next wait short again. */
  readonly stableMs?: number;
}

/**
 * Keeps one registration at a server alive: opens, registers, tells the moving camera, and comes back after a loss with
 * jittered backoff. Everything that it touches is passed in, so that it runs without a browser or a network.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #sender: ViewportSender;
  #phase: ConnectionPhase = "idle";
  #socket: Socket | undefined;
  /** Counts attempts, so that what an abandoned one still reports is ignored. */
  #attempt = 0;
  #attemptTimer: unknown;
  #retryTimer: unknown;
  #stableTimer: unknown;
  #retryAfterMs = 0;
  /** Frames that came while the answer to the registration was still on its way. */
  #early: ArrayBuffer[] = [];

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#sender = new ViewportSender({
      timers: options.timers,
      minIntervalMs: options.viewportIntervalMs ?? 100,
      send: (viewport) => {
        this.#socket?.send(viewportText(options.clientId, viewport));
        options.onViewportSent(viewport);
      },
    });
  }

  get phase(): ConnectionPhase {
    return this.#phase;
  }

  /** Starts an attempt now, whatever the phase: for the first start, a "retry now" button, or a new key. */
  start(): void {
    this.#abandon();
    this.#begin();
  }

  /** Closes for good; `start` opens again. */
  stop(): void {
    this.#abandon();
    this.#enter("idle", "", "");
  }

  /** Tells the server of the view if it has changed, as often as allowed. */
  updateViewport(viewport: Viewport): void {
    if (this.#phase === "live") this.#sender.offer(viewport);
  }

  #begin(): void {
    const attempt = ++this.#attempt;
    this.#retryAfterMs = 0;
    const { timers, attemptTimeoutMs = 10_000 } = this.#options;
    this.#attemptTimer = timers.setTimeout(
      () => this.#lose("The server does not answer", ""),
      attemptTimeoutMs,
    );
    this.#enter("checking", "", "");
    this.#options.admit().then((admission) => {
      if (attempt !== this.#attempt) return;
      if (admission === "unauthorized") this.#refuse("This server asks for an API key", "UNAUTHORIZED");
      else if (admission === "unreachable") this.#lose("The server cannot be reached", "");
      else this.#open(attempt);
    });
  }

  #open(attempt: number): void {
    this.#enter("connecting", "", "");
    const mine = () => attempt === this.#attempt;
    this.#socket = this.#options.openSocket({
      onOpen: () => mine() && this.#register(),
      onText: (text) => mine() && this.#read(text),
      onBinary: (bytes) => mine() && this.#receive(bytes),
      onClose: (code, reason) => mine() && this.#closed(code, reason),
    });
  }

  #register(): void {
    const viewport = this.#options.viewport();
    this.#enter("registering", "", "");
    this.#socket?.send(registerText(this.#options.clientId, this.#options.world, viewport));
    this.#sender.markSent(viewport);
    this.#options.onViewportSent(viewport);
  }

  #receive(bytes: ArrayBuffer): void {
    if (this.#phase === "live") this.#options.onFrame(bytes);
    else this.#early.push(bytes);
  }

  #read(text: string): void {
    let message: ServerMessage;
    try {
      message = parseServerMessage(text);
    } catch (error) {
      this.#options.onError({
        code: "PROTOCOL",
        message: String(error),
        retryable: false,
        retryAfterMs: undefined,
      });
      return;
    }
    if (message.type === "REGISTERED") this.#accepted(message.registration);
    else if (message.type === "ERROR") this.#reported(message.error);
  }

  #accepted(registration: Registration): void {
    const { timers, backoff, stableMs = 10_000 } = this.#options;
    timers.clearTimeout(this.#attemptTimer);
    timers.clearTimeout(this.#stableTimer);
    this.#stableTimer = timers.setTimeout(() => backoff.reset(), stableMs);
    this.#options.onRegistered(registration);
    this.#enter("live", "", "");
    for (const bytes of this.#early.splice(0)) this.#options.onFrame(bytes);
  }

  #reported(error: ServerError): void {
    this.#options.onError(error);
    this.#retryAfterMs = Math.max(this.#retryAfterMs, error.retryAfterMs ?? 0);
    if (this.#phase !== "registering") return;
    if (error.retryable) this.#lose(error.message, error.code);
    else this.#refuse(error.message, error.code);
  }

  #closed(code: number, reason: string): void {
    const verdict = closeVerdict(code, reason);
    if (verdict.reconnect) this.#lose(verdict.reason, verdict.code);
    else this.#refuse(verdict.reason, verdict.code);
  }

  #refuse(reason: string, code: string): void {
    this.#abandon();
    this.#enter("refused", reason, code);
  }

  #lose(reason: string, code: string): void {
    const floorMs = this.#retryAfterMs;
    this.#abandon();
    const delayMs = this.#options.backoff.nextDelayMs(floorMs);
    this.#retryTimer = this.#options.timers.setTimeout(() => this.#begin(), delayMs);
    this.#enter("waiting", reason, code, this.#options.timers.monotonic() + delayMs);
  }

  /** Ends the attempt under way, if any: no timer and no socket of it can speak any more. */
  #abandon(): void {
    this.#attempt++;
    const { timers } = this.#options;
    for (const timer of [this.#attemptTimer, this.#retryTimer, this.#stableTimer]) timers.clearTimeout(timer);
    this.#sender.cancel();
    this.#early = [];
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000, "Leaving");
  }

  #enter(phase: ConnectionPhase, reason: string, code: string, retryAtMs?: number): void {
    this.#phase = phase;
    this.#options.onStatus({ phase, reason, code, retryAtMs, attempts: this.#options.backoff.attempts });
  }
}
