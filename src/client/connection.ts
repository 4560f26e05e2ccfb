import type { Backoff } from "./backoff.ts";
import { type ClientError, localError, toClientError } from "./client_error.ts";
import type { ClientState, ClientStatus, ClientStep } from "./client_status.ts";
import { closeVerdict } from "./close_verdict.ts";
import { Heartbeat } from "./heartbeat.ts";
import { notOpened } from "./refusal_inquiry.ts";
import { SocketLink } from "./socket_link.ts";
import type { Timers } from "./timers.ts";
import type { WebSocketLike } from "./web_socket.ts";

/** What a connection needs from the world around it, and whom it tells. */
export interface ConnectionOptions {
  readonly timers: Timers;
  readonly backoff: Backoff;
  /** Gives the subprotocols to open the socket with. @throws {ClientError} */
  readonly admit: (signal: AbortSignal) => Promise<string[]>;
  /** Says why a socket did not open, if it can be found out. Must not reject. */
  readonly explain: (signal: AbortSignal) => Promise<ClientError | undefined>;
  readonly openSocket: (protocols: string[]) => WebSocketLike;
  /**
   * Greets, signs in, registers; the connection counts as connected once it is done. @throws {ClientError}
   */
  readonly handshake: (enter: (step: ClientStep) => void) => Promise<void>;
  readonly onStatus: (status: ClientStatus) => void;
  readonly onText: (text: string) => void;
  readonly onBinary: (bytes: ArrayBuffer) => void;
  readonly onMalformed: (error: Error) => void;
  /** The attempt or connection is over: nothing of it is answered any more. */
  readonly onEnd: (error: ClientError) => void;
  readonly ping: () => void;
  readonly limits: ConnectionLimits;
}

/** Times and sizes of a connection. */
export interface ConnectionLimits {
  /** An attempt that has not connected by then is given up. */
  readonly attemptTimeoutMs: number;
  /** A connection that lived this long makes the next wait short again. */
  readonly stableMs: number;
  /** Failed attempts in a row after which it gives up; Infinity never does. */
  readonly maxAttempts: number;
  readonly heartbeatIntervalMs: number;
  readonly pongWaitMs: number;
  readonly maxInflatedBytes: number;
}

/**
 * Keeps one connection to a server alive: opens, lets the handshake run, and comes back after a loss with
 * jittered backoff, until it is stopped or the server says something that no retry can mend. Everything that
 * it touches is passed in.
 *
 * ```
 *                 start            handshake done          lost
 * disconnected ----------> connecting ----------> connected -----> reconnecting --> connected
 *      ^                       | lost: reconnecting   |                 |
 *      |  stop, from anywhere  | final: failed        | final: failed   | final or too often: failed
 * ```
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #heartbeat: Heartbeat;
  #status: ClientStatus = {
    state: "disconnected",
    step: "none",
    error: undefined,
    retryAtMs: undefined,
    attempts: 0,
    isPolling: false,
  };
  #failedUpgrades = 0;
  #link: SocketLink | undefined;
  /** Counts attempts, so that what an abandoned one still reports is ignored. */
  #attempt = 0;
  #abort: AbortController | undefined;
  #attemptTimer: unknown;
  #retryTimer: unknown;
  #stableTimer: unknown;
  /** No attempt before that, whoever asks: the server said so. */
  #notBeforeMs = 0;
  /** The last error that the server reported on this link. */
  #reported: ClientError | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { timers, ping, limits } = options;
    this.#heartbeat = new Heartbeat({
      timers,
      intervalMs: limits.heartbeatIntervalMs,
      pongWaitMs: limits.pongWaitMs,
      ping,
      onDead: () => this.drop(localError("TIMEOUT", "The server does not answer"), 4100, "Reconnecting"),
    });
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** Whether messages go out at once. */
  get isConnected(): boolean {
    return this.#status.state === "connected" && this.#link !== undefined;
  }

  /** Attempts in a row whose socket did not open, although the server has nothing against this client. */
  get failedUpgrades(): number {
    return this.#failedUpgrades;
  }

  /** Starts an attempt now, whatever the state: for the first start, or with another credential. */
  start(): void {
    this.#abandon(localError("CLOSED", "The client was started anew"));
    this.#begin("connecting");
  }

  /** Makes the next attempt now instead of waiting out the jitter; a wait that the server asked for stays. */
  retryNow(): void {
    if (this.#status.step !== "waiting") return;
    if (this.#options.timers.monotonic() < this.#notBeforeMs) return;
    this.#abandon(localError("CLOSED", "The next attempt has begun"));
    this.#begin("reconnecting");
  }

  /** Closes for good; `start` opens again. */
  stop(reason: ClientError): void {
    this.#abandon(reason);
    this.#enter("disconnected", "none");
  }

  /** Sends on the present link, if there is one. */
  send(message: string | Uint8Array<ArrayBuffer>): void {
    this.#link?.send(message);
  }

  /** Takes note of an error that the server reported: a close that follows may be its consequence. */
  reported(error: ClientError): void {
    this.#reported = error;
  }

  /** Leaves the present link because of `error`, and comes back if that can help. */
  drop(error: ClientError, code = 1000, reason = "Leaving"): void {
    if (error.retryable) this.#lose(error, code, reason);
    else this.#fail(error);
  }

  #begin(state: ClientState): void {
    const attempt = this.#attempt;
    const { timers, limits } = this.#options;
    const abort = this.#abort = new AbortController();
    this.#reported = undefined;
    this.#attemptTimer = timers.setTimeout(
      () => this.drop(localError("TIMEOUT", "The server does not answer")),
      limits.attemptTimeoutMs,
    );
    this.#enter(state, "admission");
    this.#run(attempt, abort.signal).catch((error: unknown) => {
      if (attempt === this.#attempt) this.drop(toClientError(error));
    });
  }

  async #run(attempt: number, signal: AbortSignal): Promise<void> {
    const { admit, handshake } = this.#options;
    const enter = (step: ClientStep) => {
      if (attempt === this.#attempt) this.#enter(this.#status.state, step);
    };
    const protocols = await admit(signal);
    if (attempt !== this.#attempt) return;
    enter("opening");
    await this.#open(protocols, attempt, signal);
    if (attempt !== this.#attempt) return;
    await handshake(enter);
    if (attempt === this.#attempt) this.#connected();
  }

  #open(protocols: string[], attempt: number, signal: AbortSignal): Promise<void> {
    const { openSocket, explain, limits, onText, onBinary, onMalformed } = this.#options;
    const isCurrent = () => attempt === this.#attempt;
    return new Promise((resolve, reject) => {
      let wasOpen = false;
      this.#link = new SocketLink(openSocket(protocols), limits.maxInflatedBytes, {
        onOpen: () => {
          wasOpen = true;
          this.#failedUpgrades = 0;
          this.#heartbeat.start();
          resolve();
        },
        onText: (text) => {
          this.#heartbeat.heard();
          if (isCurrent()) onText(text);
        },
        onBinary: (bytes) => {
          this.#heartbeat.heard();
          if (isCurrent()) onBinary(bytes);
        },
        onMalformed: (error) => isCurrent() && onMalformed(error),
        onClose: (code, reason) => {
          if (!isCurrent()) return;
          if (wasOpen) return this.drop(closeVerdict(code, reason, this.#reported));
          explain(signal).then((error) => {
            if (error === undefined && isCurrent()) this.#failedUpgrades++;
            reject(error ?? notOpened());
          });
        },
      });
    });
  }

  #connected(): void {
    const { timers, backoff, limits } = this.#options;
    timers.clearTimeout(this.#attemptTimer);
    this.#stableTimer = timers.setTimeout(() => backoff.reset(), limits.stableMs);
    this.#enter("connected", "none");
  }

  #fail(error: ClientError): void {
    this.#abandon(error);
    this.#enter("failed", "none", error);
  }

  #lose(error: ClientError, code: number, reason: string): void {
    const { timers, backoff, limits } = this.#options;
    if (this.#status.step === "opening" && error.code === "TIMEOUT") this.#failedUpgrades++;
    this.#abandon(error, code, reason);
    if (backoff.attempts + 1 >= limits.maxAttempts) return this.#enter("failed", "none", error);
    const floorMs = Math.max(0, error.retryAfterMs ?? 0);
    const delayMs = backoff.nextDelayMs(floorMs);
    this.#notBeforeMs = timers.monotonic() + floorMs;
    this.#retryTimer = timers.setTimeout(() => {
      this.#attempt++;
      this.#begin("reconnecting");
    }, delayMs);
    this.#enter("reconnecting", "waiting", error, Math.ceil(timers.now() + delayMs));
  }

  /** Ends what is under way, if anything: no timer and no socket of it can speak any more. */
  #abandon(error: ClientError, code = 1000, reason = "Leaving"): void {
    this.#attempt++;
    const { timers } = this.#options;
    for (const timer of [this.#attemptTimer, this.#retryTimer, this.#stableTimer]) timers.clearTimeout(timer);
    this.#heartbeat.stop();
    this.#abort?.abort();
    this.#abort = undefined;
    const link = this.#link;
    this.#link = undefined;
    link?.close(code, reason);
    this.#options.onEnd(error);
  }

  #enter(state: ClientState, step: ClientStep, error?: ClientError, retryAtMs?: number): void {
    const { attempts } = this.#options.backoff;
    this.#status = { state, step, error, retryAtMs, attempts, isPolling: false };
    this.#options.onStatus(this.#status);
  }
}
